#include "accounts/accounts_private.h"

#include "geo/geo.h"

#include "accounts/evidence.h"
#include "base/siphash.h"

#include <math.h>
#include <stdlib.h>

static const int64_t HOUR_US = 3600LL * 1000000;

struct accounts *accounts_create(struct state_database *database, const uint64_t seed[2])
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (accounts == NULL)
        return NULL;
    accounts->networks = shared_uses_create();
    accounts->wide_networks = shared_uses_create();
    accounts->texts = shared_uses_create();
    accounts->greetings = shared_uses_create();
    accounts->other_domains.all = &accounts->all_domains;
    accounts->sent = calloc(SENT_PLACES, sizeof *accounts->sent);
    accounts->mailboxes = calloc(MAILBOX_PLACES, sizeof *accounts->mailboxes);
    accounts->owners = calloc(OWNER_PLACES, sizeof *accounts->owners);
    accounts->number_count = 1;
    accounts->database = database;
    memcpy(accounts->seed, seed, sizeof accounts->seed);
    if (accounts->networks != NULL && accounts->wide_networks != NULL && accounts->texts != NULL &&
        accounts->greetings != NULL && accounts->sent != NULL && accounts->mailboxes != NULL &&
        accounts->owners != NULL && (database == NULL || accounts_load(accounts)))
        return accounts;
    accounts_destroy(accounts);
    return NULL;
}

void accounts_destroy(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    for (struct login *login = accounts->by_user, *next; login != NULL; login = next) {
        next = login->hh.next;
        HASH_DEL(accounts->by_user, login); /* NOLINT(clang-analyzer-unix.Malloc) */
        if (login->account != NULL)
            account_free(login->account);
        free(login->user);
        free(login);
    }
    for (struct domain *domain = accounts->domains, *next; domain != NULL; domain = next) {
        next = domain->hh.next;
        HASH_DEL(accounts->domains, domain); /* NOLINT(clang-analyzer-unix.Malloc) */
        free(domain->name);
        free(domain);
    }
    shared_uses_destroy(accounts->networks);
    shared_uses_destroy(accounts->wide_networks);
    shared_uses_destroy(accounts->texts);
    shared_uses_destroy(accounts->greetings);
    free(accounts->sent);
    free(accounts->mailboxes);
    free(accounts->owners);
    free(accounts->by_number);
    geo_unref(accounts->geo);
    free(accounts);
}

void accounts_use_geo(struct accounts *accounts, struct geo *geo)
{
    struct geo *former = accounts->geo;
    accounts->geo = geo_ref(geo);
    geo_unref(former);
}

uint32_t accounts_print(const struct accounts *accounts, struct slice text)
{
    char lower[320];
    const size_t length = text.length < sizeof lower ? text.length : sizeof lower;
    for (size_t i = 0; i < length; i++)
        lower[i] = ascii_lower(text.data[i]);
    const uint32_t print = (uint32_t)siphash(accounts->seed, slice_make(lower, length));
    return print == 0 ? 1 : print;
}

/* ---- logins and domains ----------------------------------------------------------------------------- */

struct domain *accounts_domain(struct accounts *accounts, struct slice user)
{
    const size_t at = slice_find_last(user, '@');
    const struct slice name = slice_part(user, at < user.length ? at + 1 : user.length, user.length);
    struct domain *domain = NULL;
    HASH_FIND(hh, accounts->domains, name.data, (unsigned)name.length, domain);
    if (domain != NULL)
        return domain;
    if (HASH_COUNT(accounts->domains) >= DOMAINS_MAX)
        return &accounts->other_domains;
    domain = calloc(1, sizeof *domain);
    if (domain == NULL)
        return NULL;
    domain->all = &accounts->all_domains;
    domain->name = slice_duplicate(name);
    if (domain->name != NULL)
        HASH_ADD_KEYPTR(hh, accounts->domains, domain->name, (unsigned)name.length, domain);
    if (domain->name != NULL && domain->hh.tbl != NULL)
        return domain;
    free(domain->name);
    free(domain);
    return NULL;
}

bool accounts_number_login(struct accounts *accounts, struct login *login)
{
    if (login->number >= accounts->number_capacity) {
        const uint32_t capacity = login->number < 128 ? 256 : login->number * 2;
        struct login **grown = realloc(accounts->by_number, capacity * sizeof(struct login *));
        if (grown == NULL)
            return false;
        memset(grown + accounts->number_capacity, 0,
               (capacity - accounts->number_capacity) * sizeof(struct login *));
        accounts->by_number = grown;
        accounts->number_capacity = capacity;
    }
    accounts->by_number[login->number] = login;
    if (login->number >= accounts->number_count)
        accounts->number_count = login->number + 1;
    return true;
}

struct login *accounts_find_login(const struct accounts *accounts, struct slice user)
{
    struct login *login = NULL;
    HASH_FIND(hh, accounts->by_user, user.data, (unsigned)user.length, login);
    return login;
}

struct login *accounts_login(struct accounts *accounts, struct slice user)
{
    struct login *login = accounts_find_login(accounts, user);
    if (login != NULL)
        return login;
    login = calloc(1, sizeof *login);
    if (login == NULL)
        return NULL;
    login->user = slice_duplicate(user);
    if (login->user != NULL)
        HASH_ADD_KEYPTR(hh, accounts->by_user, login->user, (unsigned)user.length, login);
    if (login->user != NULL && login->hh.tbl != NULL)
        return login;
    free(login->user);
    free(login);
    return NULL;
}

/* Since when the mailbox of the same name gets mail, where that is known. */
static int64_t known_since(const struct accounts *accounts, struct slice user, int64_t now_us)
{
    const uint32_t print = accounts_print(accounts, user);
    const struct mailbox *mailbox = &accounts->mailboxes[print % MAILBOX_PLACES];
    return mailbox->print == print ? (int64_t)mailbox->first_hour * HOUR_US : now_us;
}

struct account *accounts_open_login(struct accounts *accounts, struct login *login, int64_t now_us)
{
    const struct slice user = slice_of(login->user);
    struct domain *domain = accounts_domain(accounts, user);
    if (login->account != NULL || domain == NULL)
        return login->account;
    if (login->number == 0) {
        login->number = accounts->number_count;
        if (!accounts_number_login(accounts, login)) {
            login->number = 0;
            return NULL;
        }
    }
    login->account = account_create(login, domain, now_us);
    if (login->account != NULL && !accounts_load_login(accounts, login))
        login->account->first_us = known_since(accounts, user, now_us);
    return login->account;
}

struct account *accounts_open(struct accounts *accounts, struct slice user, int64_t now_us)
{
    struct login *login = accounts_login(accounts, user);
    if (accounts->first_us == 0)
        accounts->first_us = now_us;
    return login == NULL ? NULL : accounts_open_login(accounts, login, now_us);
}

/* ---- a message -------------------------------------------------------------------------------------- */

struct taking {
    struct accounts *accounts;
    const struct accounts_settings *settings;
    const struct account_message *message;
    struct account *account;
    enum account_path path;
    uint32_t hour;
    unsigned distinct, new_count, refused, taken; /* of its recipients */
    bool is_tried;                                /* it went out, or would have but for what it carries */
};

static void count_recipients(struct taking *taking)
{
    for (size_t i = 0; i < taking->message->recipient_count; i++) {
        const struct account_recipient *recipient = &taking->message->recipients[i];
        taking->refused += recipient->delivery == ACCOUNT_REFUSED;
        taking->taken += recipient->delivery == ACCOUNT_TAKEN;
        if (recipient->delivery == ACCOUNT_REFUSED ||
            (recipient->delivery == ACCOUNT_LEFT && taking->message->blocked_attachments == 0))
            continue;
        if (!recent_set_add(&taking->account->written_to,
                            accounts_print(taking->accounts, recipient->address), taking->hour))
            continue;
        taking->distinct++;
        taking->new_count += recipient->is_new;
    }
}

/* By how much the hour of day speaks against the owner: the share of mail that it usually has. */
static float hour_points(struct account *account, uint32_t hour)
{
    enum { DAYS_PER_WEEK = 7, THURSDAY_FIRST = 4, FULL = 250, SURE = 20 };
    const unsigned weekday = (hour / HOURS_PER_DAY + THURSDAY_FIRST) % DAYS_PER_WEEK;
    const unsigned base = weekday == 0 || weekday == 6 ? HOURS_PER_DAY : 0;
    const unsigned of_day = hour % HOURS_PER_DAY;
    unsigned near = 0, all = 0;
    for (unsigned i = 0; i < HOUR_BINS; i++)
        all += account->hours[i];
    for (unsigned i = HOURS_PER_DAY - 1; i <= HOURS_PER_DAY + 1; i++)
        near += account->hours[base + (of_day + i) % HOURS_PER_DAY] +
                account->hours[HOURS_PER_DAY - base + (of_day + i) % HOURS_PER_DAY];
    const float expected = ((float)near / 3 + SURE / (float)HOURS_PER_DAY) / ((float)all + SURE);
    if (account->step < ACCOUNT_WARN) {
        uint8_t *bin = &account->hours[base + of_day];
        if (*bin == FULL)
            for (unsigned i = 0; i < HOUR_BINS; i++)
                account->hours[i] /= 2;
        ++*bin;
    }
    return -10 * log10f(expected * HOURS_PER_DAY);
}

static bool is_new_sender(const struct taking *taking)
{
    struct account *account = taking->account;
    struct strbuf both;
    strbuf_init(&both, 0);
    /* Mailings have an envelope sender for each recipient (VERP): what is alike in all is its domain. */
    const struct slice sender = taking->message->sender;
    const size_t at = slice_find_last(sender, '@');
    strbuf_append_slice(&both, slice_part(sender, at, sender.length));
    strbuf_append_byte(&both, ' ');
    strbuf_append_slice(&both, taking->message->from);
    const uint32_t print = accounts_print(taking->accounts, strbuf_slice(&both));
    strbuf_deinit(&both);
    struct known *known = known_set_find(&account->senders, print);
    if (known != NULL) {
        known_touch(known, taking->hour);
        return false;
    }
    const bool is_first = account->senders.count == 0;
    known_set_add(&account->senders, print, taking->hour, SENDERS_MAX);
    return !is_first;
}

static struct text_use *find_text(struct account *account, uint32_t print)
{
    struct text_use *least = &account->texts[0];
    for (unsigned i = 0; i < TEXTS_MAX; i++) {
        struct text_use *text = &account->texts[i];
        if (text->print == print)
            return text;
        if (text->uses[PATH_ALL] < least->uses[PATH_ALL])
            least = text;
    }
    *least = (struct text_use){.print = print};
    return least;
}

static void count_text(struct taking *taking)
{
    struct account *account = taking->account;
    account->text_logins = 0;
    if (taking->message->fingerprint.length == 0 || !taking->is_tried)
        return;
    const uint32_t print = accounts_print(taking->accounts, taking->message->fingerprint);
    const float weight = sqrtf((float)taking->distinct);
    struct text_use *text = find_text(account, print);
    const bool is_letter = text->uses[PATH_ALL] == 0;
    account->recent[PATH_ALL].letters += is_letter;
    account->recent[PATH_NEW].letters += is_letter && taking->path == PATH_NEW;
    level_note(&account->levels[LEVEL_LETTERS], account->recent[PATH_ALL].letters);
    text->uses[PATH_ALL] += weight;
    if (taking->path == PATH_NEW)
        text->uses[PATH_NEW] += weight;
    level_note(&account->levels[LEVEL_TEXT], text->uses[PATH_ALL]);
    const struct shared_use *use =
        shared_uses_meet(taking->accounts->texts, print, account->number, taking->hour, false);
    const int64_t learning_us = (int64_t)taking->settings->learning_ms * 1000;
    if (use != NULL && taking->hour - use->first_hour < HOURS_PER_DAY &&
        account->last_us - taking->accounts->first_us >= learning_us)
        account->text_logins = use->login_count;
}

static void add_to_path(const struct taking *taking, enum account_path path, float odd_hours, bool new_sender)
{
    struct recent *recent = &taking->account->recent[path];
    const float attempts = (float)(taking->distinct + taking->refused);
    if (taking->is_tried) {
        recent->messages += 1;
        recent->burst += 1;
        recent->odd_hours += odd_hours;
        recent->new_senders += new_sender;
        recent->listed += taking->message->is_listed;
    }
    recent->fan_out += (float)taking->distinct;
    recent->recipients += (float)taking->distinct;
    recent->new_recipients += (float)taking->new_count;
    if (taking->distinct > 0) {
        const float weight = sqrtf((float)taking->distinct);
        recent->weight += weight;
        recent->new_weight += weight * (float)taking->new_count / (float)taking->distinct;
    }
    recent->attempts += attempts;
    recent->failures += (float)taking->refused;
    recent->blocked += (float)taking->message->blocked_attachments;
}

static void add_today(const struct taking *taking, bool new_sender)
{
    struct tendency *today = taking->account->today;
    const float weight = sqrtf((float)taking->distinct);
    const struct {
        enum account_question question;
        float hits, trials;
    } rows[] = {
        {QUESTION_NEW_RECIPIENT,
         taking->distinct == 0 ? 0 : weight * (float)taking->new_count / (float)taking->distinct, weight},
        {QUESTION_FAILURE, (float)taking->refused, (float)(taking->distinct + taking->refused)},
        {QUESTION_NEW_SENDER, new_sender, taking->taken > 0},
        {QUESTION_LISTED, taking->message->is_listed, taking->taken > 0},
        {QUESTION_COMPLAINT, 0, (float)taking->distinct},
        {QUESTION_BLOCKED, (float)taking->message->blocked_attachments, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        today[rows[i].question].hits += rows[i].hits;
        today[rows[i].question].trials += rows[i].trials;
    }
}

static void remember_sent(const struct taking *taking)
{
    if (taking->message->message_id.length == 0 || taking->taken == 0)
        return;
    const uint32_t print = accounts_print(taking->accounts, taking->message->message_id);
    taking->accounts->sent[print % SENT_PLACES] =
        (struct sent_message){.print = print,
                              .number = taking->account->number & 0x7fffffffU,
                              .is_new_path = taking->path == PATH_NEW};
}

static void remember_owner(const struct taking *taking)
{
    const struct slice sender = taking->message->sender;
    if (sender.length == 0 || taking->taken == 0)
        return;
    const uint32_t print = accounts_print(taking->accounts, sender);
    taking->accounts->owners[print % OWNER_PLACES] =
        (struct address_owner){.print = print, .number = taking->account->number};
}

static void count_message(struct taking *taking)
{
    struct account *account = taking->account;
    count_recipients(taking);
    taking->is_tried = taking->taken > 0 || taking->message->blocked_attachments > 0;
    const bool new_sender = taking->is_tried && is_new_sender(taking);
    const float odd_hours = taking->is_tried ? hour_points(account, taking->hour) : 0;
    add_to_path(taking, PATH_ALL, odd_hours, new_sender);
    if (taking->path == PATH_NEW)
        add_to_path(taking, PATH_NEW, odd_hours, new_sender);
    add_today(taking, new_sender);
    level_note(&account->levels[LEVEL_RECIPIENTS], account->recent[PATH_ALL].recipients);
    level_note(&account->levels[LEVEL_BURST], account->recent[PATH_ALL].burst);
    level_note(&account->levels[LEVEL_FAN_OUT], account->recent[PATH_ALL].fan_out);
    count_text(taking);
    remember_sent(taking);
    remember_owner(taking);
    account->message_count += taking->taken > 0;
}

bool accounts_take_message(struct accounts *accounts, const struct accounts_settings *settings,
                           const struct account_message *message, struct account_judgement *judgement)
{
    struct taking taking = {.accounts = accounts, .settings = settings, .message = message};
    taking.account = accounts_open(accounts, message->user, message->time_us);
    if (taking.account == NULL)
        return false;
    account_advance(taking.account, settings, message->time_us);
    taking.hour = (uint32_t)(taking.account->last_us / HOUR_US);
    taking.path = access_meet(accounts, settings, taking.account, message->client, message->helo);
    count_message(&taking);
    taking.account->is_changed = true;
    const enum account_step step = evidence_judge(taking.account, settings, accounts->first_us, judgement);
    ladder_move(taking.account, settings, &accounts->budget, step, judgement);
    return true;
}

/* ---- everything else -------------------------------------------------------------------------------- */

bool accounts_take_login(struct accounts *accounts, const struct accounts_settings *settings,
                         struct slice user, const struct ip_address *client, int64_t time_us)
{
    struct account *account = accounts_open(accounts, user, time_us);
    if (account == NULL)
        return false;
    account_advance(account, settings, time_us);
    account->is_changed = true;
    access_meet(accounts, settings, account, client, (struct slice){NULL, 0});
    return true;
}

void accounts_take_inbound(struct accounts *accounts, struct slice address, int64_t time_us)
{
    const uint32_t print = accounts_print(accounts, address);
    struct mailbox *mailbox = &accounts->mailboxes[print % MAILBOX_PLACES];
    if (accounts->first_us == 0)
        accounts->first_us = time_us;
    if (mailbox->first_hour == 0)
        *mailbox = (struct mailbox){print, (uint32_t)(time_us / HOUR_US)};
}

const char *accounts_owner_of(const struct accounts *accounts, struct slice address)
{
    const uint32_t print = accounts_print(accounts, address);
    const struct address_owner *owner = &accounts->owners[print % OWNER_PLACES];
    const bool is_known = owner->print == print && owner->number < accounts->number_count &&
                          accounts->by_number[owner->number] != NULL;
    return is_known ? accounts->by_number[owner->number]->user : NULL;
}

bool accounts_forgive(struct accounts *accounts, struct slice user, int64_t time_us, bool is_owner)
{
    struct login *login = accounts_find_login(accounts, user);
    struct account *account = login == NULL ? NULL : accounts_open_login(accounts, login, time_us);
    if (account == NULL)
        return false;
    memset(account->recent, 0, sizeof account->recent);
    memset(account->texts, 0, sizeof account->texts);
    for (unsigned i = 0; i < account->networks.count && is_owner; i++)
        account->networks.items[i].is_original = true;
    for (unsigned i = 0; i < account->clients.count && is_owner; i++)
        account->clients.items[i].is_original = true;
    account->network_logins = account->text_logins = 0;
    account->step = ACCOUNT_CALM;
    account->step_since_us = account->step_until_us = time_us;
    account->is_changed = true;
    return true;
}

bool accounts_take_report(struct accounts *accounts, const struct accounts_settings *settings,
                          const struct account_report *report, const char **user,
                          struct account_judgement *judgement)
{
    const uint32_t print = accounts_print(accounts, report->message_id);
    const struct sent_message *sent = &accounts->sent[print % SENT_PLACES];
    if (report->message_id.length == 0 || sent->print != print)
        return false;
    struct login *login = sent->number < accounts->number_count ? accounts->by_number[sent->number] : NULL;
    struct account *account = login == NULL ? NULL : accounts_open_login(accounts, login, report->time_us);
    if (account == NULL)
        return false;
    const float count = (float)report->recipient_count;
    account_advance(account, settings, report->time_us);
    account->is_changed = true;
    for (unsigned path = 0; path <= (sent->is_new_path ? PATH_NEW : PATH_ALL); path++) {
        if (report->is_complaint)
            account->recent[path].complaints += 1;
        else
            account->recent[path].failures += count;
    }
    account->today[report->is_complaint ? QUESTION_COMPLAINT : QUESTION_FAILURE].hits +=
        report->is_complaint ? 1 : count;
    *user = account->user;
    const enum account_step step = evidence_judge(account, settings, accounts->first_us, judgement);
    ladder_move(account, settings, &accounts->budget, step, judgement);
    return true;
}
