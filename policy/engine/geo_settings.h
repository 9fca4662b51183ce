/* The section `geo`: databases of network operators and countries. */
#ifndef CLOSEDRELAY_ENGINE_GEO_SETTINGS_H
#define CLOSEDRELAY_ENGINE_GEO_SETTINGS_H

#include "config/schema.h"
#include "geo/geo.h"

struct geo_settings {
    const char *paths[2]; /* by enum geo_kind; "": none */
    struct geo *geo;      /* NULL: no database; a reference of the configuration's */
};

/* Its `finish` reads the files, while a configuration is loaded. */
extern const struct config_section geo_section;

#endif
