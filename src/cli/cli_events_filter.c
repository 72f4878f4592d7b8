/* Which events dj-mpi events prints: the words that say it, and whether a line fits. */
#include "cli/cli_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

static const char *const levels[] = { "DEBUG", "INFO", "WARNING", "ERROR" };

enum { NLEVELS = sizeof(levels) / sizeof(levels[0]) };

/* --- names ----------------------------------------------------------------------- */

static const char *next_type(void *context, size_t index)
{
    (void)context;
    return index < DJ_EVENT_COUNT ? dj_event_name((enum dj_event_type)index) : NULL;
}

static enum dj_status unknown_type(const char *name, struct dj_error *err)
{
    const char *nearest = dj_nearest_name(name, next_type, NULL);

    return nearest == NULL
               ? dj_fail(err, DJ_USAGE,
                         "--type: there is no event type \"%s\"; dj-mpi docs events "
                         "lists them",
                         name)
               : dj_fail(err, DJ_USAGE,
                         "--type: there is no event type \"%s\"; was %s meant?", name,
                         nearest);
}

static enum dj_status take_types(const char *list, struct dj_event_filter *filter,
                                 struct dj_error *err)
{
    filter->has_types = true;
    for (;;) {
        const size_t len = strcspn(list, ",");
        char *name = dj_xstrndup(list, len);
        const enum dj_event_type type = dj_event_type_of(dj_str_from(name));
        const enum dj_status status =
            type == DJ_EVENT_COUNT ? unknown_type(name, err) : DJ_OK;

        dj_xfree(name);
        DJ_TRY(status);
        filter->types[type] = true;
        if (list[len] == '\0') {
            return DJ_OK;
        }
        list += len + 1;
    }
}

static enum dj_status take_level(const char *name, struct dj_event_filter *filter,
                                 struct dj_error *err)
{
    for (int i = 0; i < NLEVELS; i++) {
        if (strcasecmp(name, levels[i]) == 0) {
            filter->level = i;
            return DJ_OK;
        }
    }
    return dj_fail(
        err, DJ_USAGE,
        "--level: there is no level \"%s\"; there are DEBUG, INFO, WARNING and "
        "ERROR",
        name);
}

static enum dj_status take_count(const char *name, const char *text, int64_t *number,
                                 struct dj_error *err)
{
    char *end;

    *number = strtoll(text, &end, 10);
    return *end == '\0' && end != text && *number >= 0
               ? DJ_OK
               : dj_fail(err, DJ_USAGE, "%s: \"%s\" is no whole number", name, text);
}

/* --- times ----------------------------------------------------------------------- */

/* "1h30m" in seconds; false: it is none. */
static bool parse_duration(const char *text, double *seconds)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };

    *seconds = 0;
    do {
        char *end;
        const double value = strtod(text, &end);
        size_t i = 0;

        while (i < 4 && units[i].unit != *end) {
            i++;
        }
        if (end == text || i == 4 || !(value >= 0 && value < 1e9)) {
            return false;
        }
        *seconds += value * units[i].seconds;
        text = end + 1;
    } while (*text != '\0');
    return true;
}

/* A date with a time, or a part of it. */
static bool parse_date(const char *text, double *time)
{
    struct tm tm = { .tm_isdst = -1 };
    double seconds = 0;
    char blank, zone[2] = "";
    int used = 0, more = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3) {
        return false;
    }
    text += used;
    if (sscanf(text, "%c%2d:%2d%n", &blank, &tm.tm_hour, &tm.tm_min, &more) == 3 &&
        (blank == ' ' || blank == 'T')) {
        text += more;
        if (sscanf(text, ":%lf%n", &seconds, &more) == 1) {
            text += more;
        }
    }
    if (sscanf(text, "%1[Z]%n", zone, &more) == 1) {
        text += more;
    }
    if (*text != '\0' || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
        tm.tm_mday > 31 || tm.tm_hour > 24 || tm.tm_min > 59 ||
        !(seconds >= 0 && seconds < 61)) {
        return false;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *time = (double)(zone[0] == 'Z' ? timegm(&tm) : mktime(&tm)) + seconds;
    return true;
}

enum dj_status dj_event_time_parse(const char *text, double now, int64_t *micros,
                                   struct dj_error *err)
{
    /* Fewer seconds since 1970 are no time of a job, but a duration without its unit. */
    const double least = 1e8;
    char *end;
    double time = strtod(text, &end);
    double ago;

    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && time >= least &&
        time < 1e12) {
        *micros = (int64_t)(time * 1e6);
        return DJ_OK;
    }
    if (parse_duration(text, &ago)) {
        *micros = (int64_t)((now - ago) * 1e6);
        return DJ_OK;
    }
    if (parse_date(text, &time)) {
        *micros = (int64_t)(time * 1e6);
        return DJ_OK;
    }
    return dj_fail(
        err, DJ_USAGE,
        "--since: \"%s\" is no time: \"2026-01-31 12:34:56\", 90s, 15m, 2h or 1d "
        "before now, or seconds since 1970",
        text);
}

/* --- all ------------------------------------------------------------------------- */

enum dj_status dj_event_filter_take(struct dj_cli *cli, double now,
                                    struct dj_event_filter *filter, struct dj_error *err)
{
    const char *type = NULL, *level = NULL, *rank = NULL, *partition = NULL;
    const char *since = NULL;

    *filter = (struct dj_event_filter){ .rank = -1, .partition = -1, .since = INT64_MIN };
    DJ_TRY(dj_cli_take_value(cli, "--type", &type, err));
    DJ_TRY(dj_cli_take_value(cli, "--level", &level, err));
    DJ_TRY(dj_cli_take_value(cli, "--rank", &rank, err));
    DJ_TRY(dj_cli_take_value(cli, "--partition", &partition, err));
    DJ_TRY(dj_cli_take_value(cli, "--op", &filter->op, err));
    DJ_TRY(dj_cli_take_value(cli, "--since", &since, err));
    DJ_TRY(dj_cli_take_value(cli, "--grep", &filter->grep, err));
    if (type != NULL) {
        DJ_TRY(take_types(type, filter, err));
    }
    if (level != NULL) {
        DJ_TRY(take_level(level, filter, err));
    }
    if (rank != NULL) {
        DJ_TRY(take_count("--rank", rank, &filter->rank, err));
    }
    if (partition != NULL) {
        DJ_TRY(take_count("--partition", partition, &filter->partition, err));
    }
    if (since != NULL) {
        DJ_TRY(dj_event_time_parse(since, now, &filter->since, err));
    }
    filter->any = type != NULL || level != NULL || rank != NULL || partition != NULL ||
                  filter->op != NULL || since != NULL || filter->grep != NULL;
    return DJ_OK;
}

static int level_of(enum dj_event_type type)
{
    const char *name = type == DJ_EVENT_COUNT ? "INFO" : dj_event_level(type);
    int level = 0;

    while (level < NLEVELS - 1 && strcmp(levels[level], name) != 0) {
        level++;
    }
    return level;
}

static bool contains(struct dj_str text, const char *part)
{
    return part[0] == '\0' ||
           (text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL);
}

bool dj_event_filter_lets(const struct dj_event_filter *filter,
                          const struct dj_event_line *line, struct dj_str text)
{
    const struct dj_event_view *view = &line->view;
    enum dj_event_type type;

    if (!filter->any) {
        return true;
    }
    if (!line->good) {
        return false;
    }
    type = dj_event_type_of(view->type);
    return (!filter->has_types || (type != DJ_EVENT_COUNT && filter->types[type])) &&
           level_of(type) >= filter->level &&
           (filter->rank < 0 || filter->rank == view->rank) &&
           (filter->partition < 0 || filter->partition == view->partition) &&
           (filter->op == NULL || dj_str_is(view->op, filter->op)) &&
           view->micros >= filter->since &&
           (filter->grep == NULL || contains(line->text, filter->grep) ||
            contains(text, filter->grep));
}
