<?php
// What this wiki adds to the settings that MediaWiki's installer wrote: half of it is for members only, as
// https://www.mediawiki.org/wiki/Manual:Preventing_access and Manual:Image_authorization describe it.
$wgGroupPermissions['*']['read'] = false;
$wgGroupPermissions['*']['edit'] = false;
$wgWhitelistRead = [ 'Main Page' ];
$wgWhitelistReadRegexp = [ '/^(File:|Category:)?Open/' ];

$wgEnableUploads = true;
$wgUploadDirectory = getenv( 'WIKI_FOLDER' ) . '/images';
$wgUploadPath = '/img_auth.php';
$wgCacheDirectory = getenv( 'WIKI_FOLDER' ) . '/cache';
$wgUseImageMagick = false;

// Pages are short, so that a small wiki has many.
$wgCategoryPagingLimit = 5;
// Jobs are run when the wiki is filled; else each page would ask the server to run some.
$wgJobRunRate = 0;
