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
