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
-- Titles in natural order: "Item 9" before "Item 10". Does what `toTitleKey` does to what was the key until now.
UPDATE `todos` SET `title_key` = (
	WITH RECURSIVE
	-- The characters of the title that are no digits.
	`others`(`others`) AS (
		SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
			`title_key`, '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', '')
	),
	-- What is left of the title: with the text before the next number, from the number on, and after it.
	`steps`(`ordinal`, `from_text`, `from_number`, `rest`) AS (
		SELECT 0, '', '', `title_key`
		UNION ALL
		SELECT `ordinal` + 1, `rest`, ltrim(`rest`, `others`), ltrim(ltrim(`rest`, `others`), '0123456789')
		FROM `steps`, `others` WHERE `rest` <> ''
	),
	`parts`(`ordinal`, `text`, `digits`) AS (
		SELECT `ordinal`,
			substr(`from_text`, 1, length(`from_text`) - length(`from_number`)),
			nullif(substr(`from_number`, 1, length(`from_number`) - length(`rest`)), '')
		FROM `steps`
	),
	`numbers`(`ordinal`, `text`, `digits`, `number`) AS (
		SELECT `ordinal`, `text`, `digits`, iif(trim(`digits`, '0') = '', '0', ltrim(`digits`, '0')) FROM `parts`
	),
	`keys`(`key`, `zeros`) AS (
		SELECT
			group_concat(`text` || coalesce(
				iif(length(`number`) < 9, length(`number`), '9' || format('%03d', length(`number`))) || `number`, ''
			), '' ORDER BY `ordinal`),
			group_concat(substr(`digits`, 1, length(`digits`) - length(`number`)), ' ' ORDER BY `ordinal`)
		FROM `numbers`
	)
	SELECT `key` || iif(`zeros` GLOB '*0*', char(1) || `zeros`, '') FROM `keys`
) WHERE `title_key` GLOB '*[0-9]*';
--> statement-breakpoint
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
CREATE INDEX `todos_inbox_position` ON `todos` (`user_id`,`position`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_inbox_created_at` ON `todos` (`user_id`,`created_at`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_inbox_updated_at` ON `todos` (`user_id`,`updated_at`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_inbox_due` ON `todos` (`user_id`,`due_key`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_inbox_priority` ON `todos` (`user_id`,`priority`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_inbox_title` ON `todos` (`user_id`,`title_key`,`id`) WHERE deleted_at is null and list_id = '';--> statement-breakpoint
CREATE INDEX `todos_active_position` ON `todos` (`user_id`,`position`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_active_created_at` ON `todos` (`user_id`,`created_at`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_active_updated_at` ON `todos` (`user_id`,`updated_at`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_active_due` ON `todos` (`user_id`,`due_key`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_active_priority` ON `todos` (`user_id`,`priority`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_active_title` ON `todos` (`user_id`,`title_key`,`id`) WHERE deleted_at is null and list_id <> '' and not is_archived;--> statement-breakpoint
CREATE INDEX `todos_list_position` ON `todos` (`user_id`,`list_id`,`position`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_list_created_at` ON `todos` (`user_id`,`list_id`,`created_at`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_list_updated_at` ON `todos` (`user_id`,`list_id`,`updated_at`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_list_due` ON `todos` (`user_id`,`list_id`,`due_key`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_list_priority` ON `todos` (`user_id`,`list_id`,`priority`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_list_title` ON `todos` (`user_id`,`list_id`,`title_key`,`id`) WHERE deleted_at is null and list_id <> '';--> statement-breakpoint
CREATE INDEX `todos_roots` ON `todos` (`user_id`,`list_id`,`position`,`id`) WHERE deleted_at is null and parent_id = '';--> statement-breakpoint
CREATE INDEX `todos_children` ON `todos` (`user_id`,`parent_id`,`position`,`id`) WHERE parent_id <> '';--> statement-breakpoint
CREATE INDEX `todos_tree` ON `todos` (`user_id`,`root_id`,`id`) WHERE root_id <> '';--> statement-breakpoint
CREATE INDEX `todos_recurring` ON `todos` (`user_id`,`id`) WHERE repeat is not null;--> statement-breakpoint
CREATE INDEX `todos_deleted_with` ON `todos` (`user_id`,`deleted_with`,`id`) WHERE deleted_with <> '';