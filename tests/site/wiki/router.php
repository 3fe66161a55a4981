<?php
// For PHP's own server: what is no file goes to the script that its path begins with, as a web server would have it.
// The server itself logs only what it answers from files; the rest is logged here, in the same form.
$served = function () {
	register_shutdown_function( static function () {
		file_put_contents(
			'php://stderr',
			'[' . http_response_code() . "]: {$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}\n"
		);
	} );
};
$path = parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
if ( preg_match( '#^/(index|load|api|img_auth|thumb|opensearch_desc)\.php(/.*)?$#', $path, $found ) ) {
	$served();
	$script = "/{$found[1]}.php";
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
	$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . $script;
	if ( isset( $found[2] ) ) {
		$_SERVER['PATH_INFO'] = rawurldecode( $found[2] );
	}
	chdir( $_SERVER['DOCUMENT_ROOT'] );
	require $_SERVER['SCRIPT_FILENAME'];
	return true;
}
if ( $path === '/' ) {
	$served();
	require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
	return true;
}
if ( is_file( $_SERVER['DOCUMENT_ROOT'] . $path ) && !preg_match( '#\.php$#', $path ) ) {
	return false;
}
$served();
http_response_code( 404 );
return true;
