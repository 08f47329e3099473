package swipestream.rest;

/**
 * Why a request is not let through.
 *
 * @param status of HTTP
 * @param reason one line for whoever asked
 */
record Refusal(int status, String reason) {}
