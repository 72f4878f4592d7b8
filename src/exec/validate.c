/*
 * The setting validators: rank 0 looks at the first samples of each dataset, and the job
 * ends before it begins when they are not as they should be. Rules and numbers are
 * Data-Juicer's (data_validator.py); lines that are set aside are not looked at.
 */
#include "dj/tree.h"
#include "exec/exec_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { ARENA_BLOCK = 1 << 20, WANT_BYTES = 64 << 10, FAULT_TEXT = 200 };

struct looking {
    struct dj_exec *exec;
    const struct dj_partitions *partitions;
    const struct dj_validator *validator;
    struct dj_arena *arena;
    int64_t rows;     /* of this dataset, seen */
    int64_t *missing; /* of each required field */
};

static enum dj_status refuse(const struct looking *looking, size_t entry,
                             const char *fault, struct dj_error *err)
{
    return dj_fail(err, DJ_DATA, "validators: %s: %s: %s",
                   dj_validator_name(looking->validator->kind),
                   looking->exec->config->input.paths.items[entry], fault);
}

static bool has_type(const struct dj_node *node, enum dj_field_type type)
{
    switch (type) {
    case DJ_FIELD_ANY:
        return true;
    case DJ_FIELD_STRING:
        return node->kind == DJ_NODE_STRING;
    case DJ_FIELD_INT: /* a truth value is a number to Python */
        return node->kind == DJ_NODE_INT || node->kind == DJ_NODE_BOOL;
    case DJ_FIELD_FLOAT: /* 1 is 1.0 beside others */
        return node->kind == DJ_NODE_FLOAT || node->kind == DJ_NODE_INT;
    case DJ_FIELD_BOOL:
        return node->kind == DJ_NODE_BOOL;
    case DJ_FIELD_LIST:
        return node->kind == DJ_NODE_LIST;
    case DJ_FIELD_OBJECT:
        return node->kind == DJ_NODE_OBJECT;
    case DJ_FIELD_NEVER:
    default:
        return false;
    }
}

static void say(char fault[FAULT_TEXT], const char *fmt, ...) DJ_PRINTF(2, 3);

static void say(char fault[FAULT_TEXT], const char *fmt, ...)
{
    va_list args;

    if (fault[0] == '\0') { /* the first one is told */
        va_start(args, fmt);
        (void)vsnprintf(fault, FAULT_TEXT, fmt, args);
        va_end(args);
    }
}

static void check_fields(struct looking *looking, const struct dj_node *sample,
                         char fault[FAULT_TEXT])
{
    for (size_t i = 0; i < looking->validator->nfields; i++) {
        const struct dj_validator_field *field = &looking->validator->fields[i];
        const struct dj_node *value = dj_node_value(sample, field->name);

        if (value == NULL) {
            looking->missing[i]++;
        } else if (!has_type(value, field->type)) {
            say(fault,
                "sample %" PRId64 ": the field '%s' has another type than it should",
                looking->rows, field->name);
        }
    }
}

static void check_turns(const struct looking *looking, int64_t turns, const char *what,
                        char fault[FAULT_TEXT])
{
    const struct dj_validator *validator = looking->validator;

    if (turns < validator->min_turns || turns > validator->max_turns) {
        say(fault, "sample %" PRId64 ": %" PRId64 " %s, not %" PRId64 " to %" PRId64,
            looking->rows, turns, what, validator->min_turns, validator->max_turns);
    }
}

static void check_messages(struct looking *looking, const struct dj_node *sample,
                           char fault[FAULT_TEXT])
{
    const struct dj_node *messages = dj_node_get(sample, "messages");

    if (!dj_node_is(messages, DJ_NODE_LIST)) {
        say(fault, "sample %" PRId64 ": 'messages' is %s", looking->rows,
            messages == NULL ? "missing" : "no list");
        return;
    }
    check_turns(looking, (int64_t)messages->count, "messages", fault);
    DJ_FOR_EACH_NODE (message, messages) {
        const struct dj_node *role = dj_node_value(message, "role");

        if (!dj_node_is(role, DJ_NODE_STRING) ||
            (!dj_str_is(role->text, "system") && !dj_str_is(role->text, "user") &&
             !dj_str_is(role->text, "assistant"))) {
            say(fault,
                "sample %" PRId64 ": a message's role is not system, user or "
                "assistant",
                looking->rows);
        } else if (dj_node_value(message, "content") == NULL) {
            say(fault, "sample %" PRId64 ": a message has no content", looking->rows);
        }
    }
}

static void check_history(const struct looking *looking, const struct dj_node *history,
                          char fault[FAULT_TEXT])
{
    if (history->kind != DJ_NODE_LIST) {
        say(fault, "sample %" PRId64 ": 'history' is no list", looking->rows);
        return;
    }
    check_turns(looking, (int64_t)history->count + 1, "turns", fault);
    DJ_FOR_EACH_NODE (turn, history) {
        if (turn->kind != DJ_NODE_LIST || turn->count != 2 ||
            turn->first->kind != DJ_NODE_STRING || turn->last->kind != DJ_NODE_STRING) {
            say(fault, "sample %" PRId64 ": a turn of 'history' is no pair of texts",
                looking->rows);
        }
    }
}

static void check_conversation(struct looking *looking, const struct dj_node *sample,
                               char fault[FAULT_TEXT])
{
    static const char *const texts[] = { "instruction", "query", "response", "system" };
    const struct dj_node *history = dj_node_value(sample, "history");

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const bool optional = strcmp(texts[i], "system") == 0;
        const struct dj_node *value = dj_node_value(sample, texts[i]);

        if (value == NULL ? !optional : value->kind != DJ_NODE_STRING) {
            say(fault, "sample %" PRId64 ": '%s' is %s", looking->rows, texts[i],
                value == NULL ? "missing" : "no text");
        }
    }
    if (history != NULL) {
        check_history(looking, history, fault);
    }
}

static enum dj_status check_line(struct looking *looking, size_t entry,
                                 struct dj_str line, struct dj_error *err)
{
    char fault[FAULT_TEXT] = "";
    struct dj_node *sample = NULL;

    dj_arena_reset(looking->arena);
    if (dj_node_parse(line, looking->arena, &sample) != DJ_OK) {
        return dj_fail(err, DJ_NOMEM, "out of memory for a sample");
    }
    if (!dj_node_is(sample, DJ_NODE_OBJECT)) {
        return DJ_OK;
    }
    looking->rows++;
    switch (looking->validator->kind) {
    case DJ_VALIDATE_FIELDS:
        check_fields(looking, sample, fault);
        break;
    case DJ_VALIDATE_MESSAGES:
        check_messages(looking, sample, fault);
        break;
    case DJ_VALIDATE_CONVERSATION:
        check_conversation(looking, sample, fault);
        break;
    case DJ_VALIDATE_CODE: /* Data-Juicer looks at nothing */
    default:
        break;
    }
    return fault[0] == '\0' ? DJ_OK : refuse(looking, entry, fault, err);
}

/* Fields that too many samples lack. */
static enum dj_status check_missing(const struct looking *looking, size_t entry,
                                    struct dj_error *err)
{
    const struct dj_validator *validator = looking->validator;
    char fault[FAULT_TEXT] = "";

    for (size_t i = 0; i < validator->nfields && looking->rows > 0; i++) {
        if ((double)looking->missing[i] / (double)looking->rows >
            validator->allow_missing) {
            say(fault,
                "the field '%s' is missing in %" PRId64 " of the first %" PRId64
                " samples",
                validator->fields[i].name, looking->missing[i], looking->rows);
            return refuse(looking, entry, fault, err);
        }
    }
    return DJ_OK;
}

static enum dj_status look_at(struct looking *looking, struct dj_reader *reader,
                              const struct dj_partition *partition, size_t entry,
                              struct dj_error *err)
{
    const int64_t most = looking->validator->sample_size;
    struct dj_str block, line, reason;
    int64_t number = 0;

    DJ_TRY(dj_reader_start(reader, partition, err));
    do {
        DJ_TRY(dj_reader_next(reader, WANT_BYTES, &block, err));
        if (block.len == 0) {
            break;
        }
        while (looking->rows < most && dj_block_line(&block, &line, &number)) {
            if (!dj_block_fault(&line, &reason)) {
                DJ_TRY(check_line(looking, entry, line, err));
            }
        }
    } while (looking->rows < most);
    return DJ_OK;
}

/* One validator on all datasets. */
static enum dj_status validate(struct looking *looking, struct dj_error *err)
{
    const struct dj_sources *sources = &looking->exec->sources;
    struct dj_reader *reader = dj_reader_new(sources);
    enum dj_status status = DJ_OK;
    size_t at = 0;

    for (size_t entry = 0;
         entry < looking->exec->config->input.paths.count && status == DJ_OK; entry++) {
        looking->rows = 0;
        memset(looking->missing, 0,
               looking->validator->nfields * sizeof(*looking->missing));
        for (; at < looking->partitions->count && status == DJ_OK; at++) {
            const struct dj_partition *partition = &looking->partitions->items[at];

            if (sources->files[partition->file].entry != (int64_t)entry) {
                break;
            }
            if (looking->rows < looking->validator->sample_size) {
                status = look_at(looking, reader, partition, entry, err);
            }
        }
        if (status == DJ_OK) {
            status = check_missing(looking, entry, err);
        }
    }
    dj_reader_free(reader);
    return status;
}

enum dj_status dj_exec_validate(struct dj_exec *exec,
                                const struct dj_partitions *partitions,
                                struct dj_error *err)
{
    enum dj_status status = DJ_OK;

    for (size_t i = 0; i < exec->config->validation.count && status == DJ_OK; i++) {
        const struct dj_validator *validator = &exec->config->validation.items[i];
        struct looking looking = {
            .exec = exec,
            .partitions = partitions,
            .validator = validator,
            .arena = dj_arena_new(ARENA_BLOCK),
            .missing = dj_xcalloc(validator->nfields + 1, sizeof(int64_t)),
        };

        status = validate(&looking, err);
        dj_xfree(looking.missing);
        dj_arena_free(looking.arena);
    }
    return status;
}
