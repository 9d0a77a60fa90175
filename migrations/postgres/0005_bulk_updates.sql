CREATE TABLE "bulk_updates" (
	"user_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"revision" text COLLATE "C" NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"change" text NOT NULL,
	"request_id" text,
	"cursor" text COLLATE "C" NOT NULL,
	"changed" integer NOT NULL,
	"is_done" boolean NOT NULL
);
--> statement-breakpoint
ALTER TABLE "bulk_updates" ADD CONSTRAINT "bulk_updates_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;