/* The one list of services, in the order in which they are made. */
#include "engine/service.h"

const struct service *const service_table[] = {
    &audit_service,
    &resolver_service,
    &recent_logins_service,
    &state_service,
    &blocks_service,
    &limits_service,
    &accounts_service,
    &tables_service,
    &checks_service,
    &list_events_service,
    &notices_service, /* the last: what is refused by another must not have changed the webhooks */
    NULL,
};
