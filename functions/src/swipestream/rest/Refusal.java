package swipestream.rest;

/**
 * Why a request is not let through.
 *
 * @param status the HTTP status
 * @param reason one line for the caller
 */
record Refusal(int status, String reason) {}
