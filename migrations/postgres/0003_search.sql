-- Words to find a todo by; they were taken apart by the program, so that both engines find the same.
CREATE INDEX "todos_terms" ON "todos" USING gin (array_to_tsvector(string_to_array("terms", ' ')));
