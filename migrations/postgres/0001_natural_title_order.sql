-- Titles in natural order: "Item 9" before "Item 10". Does what `toTitleKey` does to what was the key until now.
UPDATE "todos" SET "title_key" = (
	SELECT string_agg("part"[1] || coalesce("prefix" || "part"[3], ''), '' ORDER BY "ordinal")
		|| CASE WHEN string_agg("part"[2], ' ') LIKE '%0%' THEN chr(1) || string_agg("part"[2], ' ' ORDER BY "ordinal") ELSE '' END
	-- Parts of a title: what is before a number, the zeros before it, the number.
	FROM regexp_matches("title_key", '([^0-9]*)(?:(0*)([0-9]+))?', 'g') WITH ORDINALITY AS "parts"("part", "ordinal"),
		LATERAL (SELECT CASE WHEN length("part"[3]) < 9 THEN length("part"[3])::text ELSE '9' || lpad(length("part"[3])::text, 3, '0') END) AS "prefixes"("prefix")
) WHERE "title_key" ~ '[0-9]';
