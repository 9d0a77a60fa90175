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
CREATE TABLE `throttles` (
	`id` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `throttles_updated_at` ON `throttles` (`updated_at`);--> statement-breakpoint
ALTER TABLE `sessions` ADD `min_access_generation` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `retry_key_hash` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `user_agent` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `ip` text;--> statement-breakpoint
CREATE INDEX `sessions_ended_at` ON `sessions` (`ended_at`);--> statement-breakpoint
CREATE INDEX `sessions_idle_expires_at` ON `sessions` (`idle_expires_at`);--> statement-breakpoint
ALTER TABLE `users` ADD `password_version` integer DEFAULT 0 NOT NULL;