/* The one list of what can be asked for. */
#include "http/http_call.h"

#include <string.h>

/* clang-format off */
static const struct http_route routes[] = {
    {"/metrics",      POLICY_VIEWER_METRICS,   HTTP_LANE_QUICK,   http_serve_metrics},
    {"/healthz",      POLICY_VIEWER_METRICS,   HTTP_LANE_QUICK,   http_serve_health},
    {"/readyz",       POLICY_VIEWER_METRICS,   HTTP_LANE_QUICK,   http_serve_readiness},
    {"/api/",         POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_api_index},
    {"/api/status",   POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_status},
    {"/api/problems", POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_problems},
    {"/api/lookup",   POLICY_VIEWER_ADMIN,     HTTP_LANE_HISTORY, http_serve_lookup}, /* may wait for name servers */
    {"/api/usage",    POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_usage},
    {"/api/top",      POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_top},
    {"/api/blocks",   POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_blocks},
    {"/api/grants",   POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_grants},
    {"/api/suspects", POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_suspects},
    {"/api/suspect",  POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_suspect},
    {"/api/settings", POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_settings},
    {"/api/recent",   POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_recent},
    {"/api/report",   POLICY_VIEWER_ADMIN,     HTTP_LANE_HISTORY, http_serve_report},
    {"/api/explain",  POLICY_VIEWER_HELP_DESK, HTTP_LANE_HISTORY, http_serve_explain},
    {"/api/held",     POLICY_VIEWER_ADMIN,     HTTP_LANE_HISTORY, http_serve_held},
    {"/style.css",    POLICY_VIEWER_HELP_DESK, HTTP_LANE_QUICK,   http_serve_style},
    {"/script.js",    POLICY_VIEWER_HELP_DESK, HTTP_LANE_QUICK,   http_serve_script},
    {"/icon.svg",     POLICY_VIEWER_HELP_DESK, HTTP_LANE_QUICK,   http_serve_icon},
    {"/",             POLICY_VIEWER_HELP_DESK, HTTP_LANE_QUICK,   http_serve_page},
    {"/refusals",     POLICY_VIEWER_HELP_DESK, HTTP_LANE_QUICK,   http_serve_page},
    {"/search",       POLICY_VIEWER_HELP_DESK, HTTP_LANE_HISTORY, http_serve_page},
    {"/lists",        POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_page},
    {"/lookup",       POLICY_VIEWER_ADMIN,     HTTP_LANE_HISTORY, http_serve_page},
    {"/limits",       POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_page},
    {"/suspects",     POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_page},
    {"/report",       POLICY_VIEWER_ADMIN,     HTTP_LANE_HISTORY, http_serve_page},
    {"/status",       POLICY_VIEWER_ADMIN,     HTTP_LANE_QUICK,   http_serve_page},
};
/* clang-format on */

const struct http_route *http_route_find(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}
