/* The one list of what can be asked for. */
#include "http/http_call.h"

#include <string.h>

/* clang-format off */
static const struct http_route routes[] = {
    {"/metrics",       false, POLICY_VIEWER_METRICS,    HTTP_LANE_QUICK,   http_serve_metrics},
    {"/healthz",       false, POLICY_VIEWER_METRICS,    HTTP_LANE_QUICK,   http_serve_health},
    {"/readyz",        false, POLICY_VIEWER_METRICS,    HTTP_LANE_QUICK,   http_serve_readiness},
    {"/api/",          false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_api_index},
    {"/api/status",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_status},
    {"/api/problems",  false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_problems},
    {"/api/lookup",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_HISTORY, http_serve_lookup}, /* may wait for name servers */
    {"/api/usage",     false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_usage},
    {"/api/top",       false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_top},
    {"/api/blocks",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_blocks},
    {"/api/grants",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_grants},
    {"/api/suspects",  false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_suspects},
    {"/api/suspect",   false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_suspect},
    {"/api/settings",  false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_settings},
    {"/api/recent",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_recent},
    {"/api/report",    false, POLICY_VIEWER_ADMIN,      HTTP_LANE_HISTORY, http_serve_report},
    {"/api/explain",   false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_HISTORY, http_serve_explain},
    {"/api/held",      false, POLICY_VIEWER_ADMIN,      HTTP_LANE_HISTORY, http_serve_held},
    {"/style.css",     false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_QUICK,   http_serve_style},
    {"/script.js",     false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_QUICK,   http_serve_script},
    {"/icon.svg",      false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_QUICK,   http_serve_icon},
    {"/",              false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_QUICK,   http_serve_page},
    {"/refusals",      false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_QUICK,   http_serve_page},
    {"/search",        false, POLICY_VIEWER_HELP_DESK,  HTTP_LANE_HISTORY, http_serve_page},
    {"/lists",         false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_page},
    {"/lookup",        false, POLICY_VIEWER_ADMIN,      HTTP_LANE_HISTORY, http_serve_page},
    {"/limits",        false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_page},
    {"/suspects",      false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_page},
    {"/report",        false, POLICY_VIEWER_ADMIN,      HTTP_LANE_HISTORY, http_serve_page},
    {"/auth-policy",   true,  POLICY_VIEWER_LOGINS,     HTTP_LANE_QUICK,   http_serve_auth_policy},
    {"/",              true,  POLICY_VIEWER_LOGINS,     HTTP_LANE_QUICK,   http_serve_auth_policy}, /* as weakforced has it */
    {"/status",        false, POLICY_VIEWER_ADMIN,      HTTP_LANE_QUICK,   http_serve_page},
};
/* clang-format on */

const struct http_route *http_route_find(const char *path, bool has_content)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (routes[i].takes_content == has_content && strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}
