CREATE TABLE `bulk_updates` (
	`user_id` text PRIMARY KEY NOT NULL,
	`revision` text NOT NULL,
	`started_at` integer NOT NULL,
	`change` text NOT NULL,
	`request_id` text,
	`cursor` text NOT NULL,
	`changed` integer NOT NULL,
	`is_done` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `challenges` (
	`id` text PRIMARY KEY NOT NULL,
	`challenge_id` text NOT NULL,
	`purpose` text NOT NULL,
	`user_id` text,
	`email` text NOT NULL,
	`username` text,
	`password_hash` text,
	`tries` integer NOT NULL,
	`tries_end_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `challenges_challenge_id_unique` ON `challenges` (`challenge_id`);--> statement-breakpoint
CREATE INDEX `challenges_user_id` ON `challenges` (`user_id`);--> statement-breakpoint
CREATE INDEX `challenges_expires_at` ON `challenges` (`expires_at`);--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`created_at` integer NOT NULL,
	`session_id` text,
	`end_reason` text,
	`user_agent` text,
	`ip` text,
	`other_user_agent` text,
	`other_ip` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `events_user_id_id` ON `events` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `former_emails` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `former_emails_user_id` ON `former_emails` (`user_id`);--> statement-breakpoint
CREATE INDEX `former_emails_email_key` ON `former_emails` (`email_key`);--> statement-breakpoint
CREATE INDEX `former_emails_expires_at` ON `former_emails` (`expires_at`);--> statement-breakpoint
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
CREATE TABLE `mails` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`address` text NOT NULL,
	`user_id` text,
	`data` text NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_error` text,
	`given_up_at` integer
);
--> statement-breakpoint
CREATE INDEX `mails_due_at` ON `mails` (`due_at`);--> statement-breakpoint
CREATE INDEX `mails_expires_at` ON `mails` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`generation` integer NOT NULL,
	`created_at` integer NOT NULL,
	`rotated_at` integer NOT NULL,
	`idle_expires_at` integer NOT NULL,
	`absolute_expires_at` integer NOT NULL,
	`ended_at` integer,
	`end_reason` text,
	`min_access_generation` integer DEFAULT 0 NOT NULL,
	`retry_key_hash` text,
	`user_agent` text,
	`ip` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_user_id` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_ended_at` ON `sessions` (`ended_at`);--> statement-breakpoint
CREATE INDEX `sessions_idle_expires_at` ON `sessions` (`idle_expires_at`);--> statement-breakpoint
CREATE TABLE `throttles` (
	`id` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `throttles_updated_at` ON `throttles` (`updated_at`);--> statement-breakpoint
CREATE TABLE `change_sequences` (
	`user_id` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL,
	`floor` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `tombstones` (
	`seq` integer PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`id` text NOT NULL,
	`change_number` integer NOT NULL,
	`deleted_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tombstones_user_id_id` ON `tombstones` (`user_id`,`id`,`type`);--> statement-breakpoint
CREATE INDEX `tombstones_changes` ON `tombstones` (`user_id`,`change_number`,`id`);--> statement-breakpoint
CREATE INDEX `tombstones_deleted_at` ON `tombstones` (`deleted_at`);--> statement-breakpoint
CREATE TABLE `todos` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`revision` text NOT NULL,
	`change_number` integer NOT NULL,
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
CREATE UNIQUE INDEX `todos_user_id_id` ON `todos` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `todos_position` ON `todos` (`user_id`,`position`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_created_at` ON `todos` (`user_id`,`created_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_updated_at` ON `todos` (`user_id`,`updated_at`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_due` ON `todos` (`user_id`,`due_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_priority` ON `todos` (`user_id`,`priority`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_title` ON `todos` (`user_id`,`title_key`,`id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `todos_changes` ON `todos` (`user_id`,`change_number`,`id`);--> statement-breakpoint
CREATE INDEX `todos_trash` ON `todos` (`user_id`,`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `todos_deleted_at` ON `todos` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`email` text NOT NULL,
	`username_key` text NOT NULL,
	`email_key` text NOT NULL,
	`email_version` integer DEFAULT 0 NOT NULL,
	`email_verified` integer DEFAULT false NOT NULL,
	`password_hash` text NOT NULL,
	`password_version` integer DEFAULT 0 NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_key_unique` ON `users` (`username_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_key_unique` ON `users` (`email_key`);--> statement-breakpoint
-- Words to find a todo by. A row is written to `todos_unindexed` at first, which costs next to nothing, and goes into the
-- index when its owner searches next. PostgreSQL's index does the same (fastupdate).
CREATE VIRTUAL TABLE `todos_search` USING fts5(`terms`, content='', contentless_delete=1, tokenize="ascii tokenchars '@#-'");
--> statement-breakpoint
CREATE TABLE `todos_unindexed` (
	`user_id` text NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY (`user_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TRIGGER `todos_terms_inserted` AFTER INSERT ON `todos` BEGIN
	INSERT OR IGNORE INTO `todos_unindexed` VALUES (new.`user_id`, new.`seq`);
END;
--> statement-breakpoint
CREATE TRIGGER `todos_terms_updated` AFTER UPDATE OF `terms` ON `todos` WHEN new.`terms` <> old.`terms` BEGIN
	INSERT OR IGNORE INTO `todos_unindexed` VALUES (new.`user_id`, new.`seq`);
END;
--> statement-breakpoint
CREATE TRIGGER `todos_terms_deleted` AFTER DELETE ON `todos` BEGIN
	DELETE FROM `todos_unindexed` WHERE `user_id` = old.`user_id` AND `seq` = old.`seq`;
	DELETE FROM `todos_search` WHERE `rowid` = old.`seq`;
END;
