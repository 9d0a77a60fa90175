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
ALTER TABLE `users` ADD `email_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `email_verified` integer DEFAULT false NOT NULL;