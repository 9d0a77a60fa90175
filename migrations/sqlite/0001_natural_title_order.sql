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
