/* Arrow schemas and arrays made by hand. What is made is freed by its release. */
#ifndef ARROWS_H
#define ARROWS_H

#include "djtest.h"

#include "dj/arrow.h"

#include <stdlib.h>

enum { ARROWS_MOST = 12 };

static inline void arrows_release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) {
            schema->children[i]->release(schema->children[i]);
        }
        free(schema->children[i]);
    }
    if (schema->dictionary != NULL && schema->dictionary->release != NULL) {
        schema->dictionary->release(schema->dictionary);
    }
    free(schema->dictionary);
    free((void *)schema->children);
    schema->release = NULL;
}

/* format and name are literals. Returns new: release, then free. */
static inline struct ArrowSchema *arrows_type(const char *format, const char *name)
{
    struct ArrowSchema *schema = calloc(1, sizeof(*schema));

    DJ_CHECK(schema != NULL);
    schema->format = format;
    schema->name = name;
    schema->flags = ARROW_FLAG_NULLABLE;
    schema->children = calloc(ARROWS_MOST, sizeof(*schema->children));
    schema->release = arrows_release_schema;
    return schema;
}

/* Takes the child. */
static inline void arrows_type_add(struct ArrowSchema *parent, struct ArrowSchema *child)
{
    DJ_CHECK(parent->n_children < ARROWS_MOST);
    parent->children[parent->n_children++] = child;
}

static inline void arrows_release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
        free(array->children[i]);
    }
    if (array->dictionary != NULL && array->dictionary->release != NULL) {
        array->dictionary->release(array->dictionary);
    }
    free(array->dictionary);
    for (int64_t i = 0; i < array->n_buffers; i++) {
        free((void *)array->buffers[i]);
    }
    free((void *)array->buffers);
    free((void *)array->children);
    array->release = NULL;
}

/* Without buffers; the first one to add is the bits of what is not null. */
static inline struct ArrowArray *arrows_values(int64_t length, int64_t nulls)
{
    struct ArrowArray *array = calloc(1, sizeof(*array));

    DJ_CHECK(array != NULL);
    array->length = length;
    array->null_count = nulls;
    array->buffers = calloc(ARROWS_MOST, sizeof(*array->buffers));
    array->children = calloc(ARROWS_MOST, sizeof(*array->children));
    array->release = arrows_release_array;
    return array;
}

/* A copy of bytes; NULL: no such buffer. */
static inline void arrows_buffer(struct ArrowArray *array, const void *bytes, size_t size)
{
    void *copy = bytes == NULL ? NULL : malloc(size + DJ_PADDING);

    if (bytes != NULL) {
        DJ_CHECK(copy != NULL);
        memcpy(copy, bytes, size);
    }
    array->buffers[array->n_buffers++] = copy;
}

/* Takes the child. */
static inline void arrows_values_add(struct ArrowArray *parent, struct ArrowArray *child)
{
    parent->children[parent->n_children++] = child;
}

static inline void arrows_free_type(struct ArrowSchema *schema)
{
    schema->release(schema);
    free(schema);
}

static inline void arrows_free_values(struct ArrowArray *array)
{
    array->release(array);
    free(array);
}

#endif
