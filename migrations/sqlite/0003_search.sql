-- Words to find a todo by. A row is written to `todos_unindexed` at first, which costs next to nothing, and goes into the
-- index when its owner searches for the first time after that; PostgreSQL's index does likewise (fastupdate).
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
--> statement-breakpoint
INSERT INTO `todos_unindexed` SELECT `user_id`, `seq` FROM `todos`;
