/* The section `http:`: whom the daemon answers over HTTP, and who may see what. */
#ifndef CLOSEDRELAY_ENGINE_HTTP_SETTINGS_H
#define CLOSEDRELAY_ENGINE_HTTP_SETTINGS_H

#include "config/schema.h"
#include "policy.h"

/* Fills struct policy_http_settings; its `finish` reads the file of tokens, while a configuration is loaded.
 */
extern const struct config_section http_section;

/*
 * Reads lines `ROLE TOKEN` ("admin 3q2-…", "help-desk …", "metrics …", "logins …"; '#' comments, blank lines)
 * into `settings`, under `owner`. What is wrong is told line by line through `tell`; false where anything
 * was. Tokens are 16 to 200 letters, digits and -._~+/=.
 */
bool http_tokens_read(void *owner, struct slice text, struct policy_http_settings *settings,
                      void (*tell)(void *context, unsigned line, const char *what), void *context);

#endif
