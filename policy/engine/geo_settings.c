#include "engine/geo_settings.h"

#include <talloc.h>

static const struct config_key geo_keys[] = {
    {.name = "as",
     .type = &config_type_path,
     .offset = offsetof(struct geo_settings, paths[GEO_AS]),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "A database in MaxMind's format (.mmdb) of the network operator (AS) of each address, such as GeoLite2-ASN.mmdb or "
         "dbip-asn-lite.mmdb; read when a configuration is loaded."},
    {.name = "country",
     .type = &config_type_path,
     .offset = offsetof(struct geo_settings, paths[GEO_COUNTRY]),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text = "The same of countries: GeoLite2-Country.mmdb, dbip-country-lite.mmdb, or one of cities."},
    {0},
};

/* What of the configuration holds the reference. */
struct geo_holder {
    struct geo *geo;
};

static int release(struct geo_holder *holder)
{
    geo_unref(holder->geo);
    return 0;
}

static void load(struct geo_settings *settings, enum geo_kind kind, const struct config_finish *context)
{
    struct strbuf problem, doubt;
    const char *path = settings->paths[kind];
    if (path[0] == '\0')
        return;
    strbuf_init(&problem, 0);
    strbuf_init(&doubt, 0);
    if (!geo_load(settings->geo, kind, path, &problem, &doubt))
        config_finish_error(context, geo_keys[kind].name, "%s: %s", path, strbuf_text(&problem));
    else if (doubt.length > 0)
        config_finish_warning(context, geo_keys[kind].name, "%s: %s", path, strbuf_text(&doubt));
    strbuf_deinit(&problem);
    strbuf_deinit(&doubt);
}

static void geo_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct geo_settings *geo = settings;
    geo->geo = NULL;
    if (geo->paths[GEO_AS][0] == '\0' && geo->paths[GEO_COUNTRY][0] == '\0')
        return;
    struct geo_holder *holder = talloc_zero(owner, struct geo_holder);
    if (holder != NULL)
        geo->geo = holder->geo = geo_create();
    if (geo->geo == NULL) {
        config_finish_error(context, "as", "out of memory");
        return;
    }
    talloc_set_destructor(holder, release);
    load(geo, GEO_AS, context);
    load(geo, GEO_COUNTRY, context);
}

const struct config_section geo_section = {
    .name = "geo",
    .struct_bytes = sizeof(struct geo_settings),
    .keys = geo_keys,
    .finish = geo_finish,
    .text = "Where client addresses are, for the check account.",
};
