CREATE TABLE `completions` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`todo_id` text NOT NULL,
	`change_number` integer NOT NULL,
	`occurrence` text NOT NULL,
	`completed_at` integer NOT NULL,
	`session_id` text,
	`series` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `completions_user_id_id` ON `completions` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `completions_todo` ON `completions` (`user_id`,`todo_id`,`change_number`);--> statement-breakpoint
CREATE TABLE `lists` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`revision` text NOT NULL,
	`change_number` integer NOT NULL,
	`name` text NOT NULL,
	`color` text,
	`position` text NOT NULL,
	`open_count` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`archived_at` integer,
	`deleted_at` integer,
	`transition` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lists_user_id_id` ON `lists` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `lists_changes` ON `lists` (`user_id`,`change_number`,`id`);--> statement-breakpoint
CREATE INDEX `lists_transitions` ON `lists` (`user_id`) WHERE transition is not null;--> statement-breakpoint
CREATE INDEX `lists_deleted_at` ON `lists` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
DROP INDEX `todos_position`;--> statement-breakpoint
DROP INDEX `todos_created_at`;--> statement-breakpoint
DROP INDEX `todos_updated_at`;--> statement-breakpoint
DROP INDEX `todos_due`;--> statement-breakpoint
DROP INDEX `todos_priority`;--> statement-breakpoint
DROP INDEX `todos_title`;--> statement-breakpoint
ALTER TABLE `todos` ADD `list_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `parent_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `root_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `child_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `open_child_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `repeat` text;--> statement-breakpoint
ALTER TABLE `todos` ADD `series` text;--> statement-breakpoint
ALTER TABLE `todos` ADD `completion_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `deleted_with` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `todos` ADD `is_archived` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `todos_list_position` ON `todos` (`user_id`,`list_id`,`position`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_list_created_at` ON `todos` (`user_id`,`list_id`,`created_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_list_updated_at` ON `todos` (`user_id`,`list_id`,`updated_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_list_due` ON `todos` (`user_id`,`list_id`,`due_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_list_priority` ON `todos` (`user_id`,`list_id`,`priority`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_list_title` ON `todos` (`user_id`,`list_id`,`title_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_roots` ON `todos` (`user_id`,`list_id`,`position`,`id`) WHERE deleted_at is null and parent_id = '';--> statement-breakpoint
CREATE INDEX `todos_children` ON `todos` (`user_id`,`parent_id`,`position`,`id`) WHERE parent_id <> '';--> statement-breakpoint
CREATE INDEX `todos_tree` ON `todos` (`user_id`,`root_id`,`id`) WHERE root_id <> '';--> statement-breakpoint
CREATE INDEX `todos_recurring` ON `todos` (`user_id`,`id`) WHERE repeat is not null;--> statement-breakpoint
CREATE INDEX `todos_deleted_with` ON `todos` (`user_id`,`deleted_with`,`id`) WHERE deleted_with <> '';--> statement-breakpoint
CREATE INDEX `todos_position` ON `todos` (`user_id`,`position`,`id`) WHERE deleted_at is null and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_created_at` ON `todos` (`user_id`,`created_at`,`id`) WHERE deleted_at is null and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_updated_at` ON `todos` (`user_id`,`updated_at`,`id`) WHERE deleted_at is null and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_due` ON `todos` (`user_id`,`due_key`,`id`) WHERE deleted_at is null and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_priority` ON `todos` (`user_id`,`priority`,`id`) WHERE deleted_at is null and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_title` ON `todos` (`user_id`,`title_key`,`id`) WHERE deleted_at is null and not is_archived;