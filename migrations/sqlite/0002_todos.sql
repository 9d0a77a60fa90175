CREATE TABLE `idempotency_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_user_id` ON `idempotency_keys` (`user_id`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_created_at` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_todos` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`revision` text NOT NULL,
	`title` text NOT NULL,
	`description` text,
	`done` integer NOT NULL,
	`due` text,
	`priority` integer NOT NULL,
	`tags` text NOT NULL,
	`position` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`completed_at` integer,
	`deleted_at` integer,
	`title_key` text NOT NULL,
	`due_key` text NOT NULL,
	`terms` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_todos`("seq", "id", "user_id", "revision", "title", "description", "done", "due", "priority", "tags", "position", "created_at", "updated_at", "completed_at", "deleted_at", "title_key", "due_key", "terms") SELECT NULL, "id", "user_id", "id", "title", "description", "done", NULL, 0, '[]', '', "created_at", "updated_at", "completed_at", NULL, '', '~', '' FROM `todos`;--> statement-breakpoint
DROP TABLE `todos`;--> statement-breakpoint
ALTER TABLE `__new_todos` RENAME TO `todos`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `todos_user_id_id` ON `todos` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `todos_position` ON `todos` (`user_id`,`position`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_created_at` ON `todos` (`user_id`,`created_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_updated_at` ON `todos` (`user_id`,`updated_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_due` ON `todos` (`user_id`,`due_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_priority` ON `todos` (`user_id`,`priority`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_title` ON `todos` (`user_id`,`title_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_trash` ON `todos` (`user_id`,`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `todos_deleted_at` ON `todos` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `todos_without_terms` ON `todos` (`id`) WHERE terms = '';