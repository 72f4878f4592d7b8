/* A look at some input files; see dj/look.h. */
#include "dj/look.h"

#include "dataset/format.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <unistd.h>

/* One file's beginning. */
struct glance {
    dj_look_line *line;
    void *context;
    double rows, bytes; /* whole samples seen, and bytes of their lines */
};

static void show(struct glance *glance, struct dj_str lines)
{
    struct dj_str line;
    int64_t number = 0;

    while (dj_block_line(&lines, &line, &number)) {
        glance->rows += 1;
        glance->bytes += (double)line.len + 1;
        if (glance->line != NULL) {
            glance->line(glance->context, line);
        }
    }
}

/* The first DJ_LOOK_BYTES of a file, decoded; as far as they can be read. */
static size_t read_beginning(const struct dj_source_file *file, char *room)
{
    struct dj_stream *stream;
    struct dj_error err;
    size_t have = 0;
    size_t got = 1;
    int fd;

    if (file->codec == DJ_CODEC_NONE) {
        if (dj_fs_open(file->path, O_RDONLY, &fd, &err) == DJ_OK) {
            if (dj_fs_pread(fd, room, DJ_LOOK_BYTES, 0, &have, file->path, &err) !=
                DJ_OK) {
                have = 0;
            }
            (void)close(fd);
        }
    } else if (dj_stream_open(file->path, file->codec, 0, &stream, &err) == DJ_OK) {
        while (have < DJ_LOOK_BYTES && got > 0 &&
               dj_stream_read(stream, room + have, DJ_LOOK_BYTES - have, &got, &err) ==
                   DJ_OK) {
            have += got;
        }
        dj_stream_close(stream);
    }
    return have;
}

/* The beginning of a file of lines. */
static void glance_lines(const struct dj_source_file *file, struct glance *glance)
{
    char *room = dj_xmalloc(DJ_LOOK_BYTES + DJ_PADDING);
    size_t have = read_beginning(file, room);

    if (have == DJ_LOOK_BYTES) { /* the last line may go on, unless it is the only one */
        const char *lf = memrchr(room, '\n', have);

        have = lf == NULL ? have : (size_t)(lf + 1 - room);
    }
    show(glance, (struct dj_str){ room, have });
    dj_xfree(room);
}

/* The first lines of a partition of any format. */
static void glance_partition(const struct dj_sources *sources,
                             const struct dj_partition *partition, struct glance *glance)
{
    struct dj_reader *reader = dj_reader_new(sources);
    struct dj_error err;
    struct dj_str block;

    if (dj_reader_start(reader, partition, &err) == DJ_OK &&
        dj_reader_next(reader, DJ_LOOK_BYTES, &block, &err) == DJ_OK) {
        show(glance, block);
    }
    dj_reader_free(reader);
}

/* A file of another format: scanned, as the run will do. Returns its samples, or -1. */
static double glance_format(const struct dj_source_file *file, struct glance *glance)
{
    /* Its own list, so that what the scan finds out stays here. */
    struct dj_source_file copy = *file;
    struct dj_sources one = { .count = 1, .files = &copy };
    struct dj_partitions partitions = { 0 };
    const struct dj_cut cut = { .max_rows = 1000, .max_bytes = 64 << 20 };
    struct dj_error err;
    double rows = -1;

    copy.layout = NULL;
    if (dj_format_of(file->format)->scan(&one, 0, cut, NULL, &partitions, &err) ==
        DJ_OK) {
        dj_partitions_number(&partitions);
        rows = 0;
        for (size_t i = 0; i < partitions.count; i++) {
            rows += (double)partitions.items[i].rows;
        }
        if (partitions.count > 0) {
            glance_partition(&one, &partitions.items[0], glance);
        }
    }
    dj_partitions_release(&partitions);
    dj_xfree(copy.layout);
    return rows;
}

/* Formats that know their first samples without reading all of the file. */
static bool has_index(const struct dj_source_file *file)
{
    return file->format == DJ_SOURCE_PARQUET || file->format == DJ_SOURCE_ARROW_FILE ||
           file->format == DJ_SOURCE_TEXT;
}

static void look_at(const struct dj_source_file *file, struct glance *glance,
                    struct dj_look *look)
{
    struct dj_look_kind *kind = &look->kinds[file->format][file->codec];

    if (dj_format_of(file->format) == NULL) {
        const double rows_before = glance->rows;
        const double bytes_before = glance->bytes;

        glance_lines(file, glance);
        kind->rows += glance->rows - rows_before;
        kind->bytes += (glance->bytes - bytes_before) /
                       (file->codec == DJ_CODEC_NONE ? 1 : (double)DJ_LOOK_USUAL_RATIO);
        look->files++;
    } else if ((has_index(file) || file->size <= DJ_LOOK_WHOLE_BYTES) &&
               file->codec == DJ_CODEC_NONE) {
        const double rows = glance_format(file, glance);

        if (rows >= 0) {
            kind->rows += rows;
            kind->bytes += (double)file->size;
            look->files++;
        }
    }
}

void dj_look_at(const struct dj_sources *sources, dj_look_line *line, void *context,
                struct dj_look *look)
{
    const size_t step = (sources->count + DJ_LOOK_FILES - 1) / DJ_LOOK_FILES;
    struct glance glance = { .line = line, .context = context };

    *look = (struct dj_look){ 0 };
    for (size_t i = 0; i < sources->count; i++) {
        const struct dj_source_file *file = &sources->files[i];

        if (i % step == 0) {
            look_at(file, &glance, look);
        }
        look->guessed = look->guessed || file->codec != DJ_CODEC_NONE;
    }
    look->rows = (int64_t)glance.rows;
    look->row_bytes = glance.rows > 0 ? glance.bytes / glance.rows : 1;
}

static double rounded_up(double value)
{
    const double whole = (double)(int64_t)value;

    return whole < value ? whole + 1 : whole;
}

double dj_look_file_rows(const struct dj_look *look, const struct dj_source_file *file)
{
    const struct dj_look_kind *kind = &look->kinds[file->format][file->codec];
    const double ratio = file->codec == DJ_CODEC_NONE ? 1 : (double)DJ_LOOK_USUAL_RATIO;

    if (file->size == 0) {
        return 0;
    }
    if (kind->rows > 0 && kind->bytes > 0) {
        return rounded_up((double)file->size * kind->rows / kind->bytes);
    }
    return rounded_up((double)file->size * ratio / look->row_bytes);
}

double dj_look_rows(const struct dj_look *look, const struct dj_sources *sources)
{
    double rows = 0;

    for (size_t i = 0; i < sources->count; i++) {
        rows += dj_look_file_rows(look, &sources->files[i]);
    }
    return rows;
}

double dj_look_partitions(const struct dj_look *look, const struct dj_sources *sources,
                          struct dj_cut cut)
{
    double partitions = 0;

    for (size_t i = 0; i < sources->count; i++) {
        const double rows = dj_look_file_rows(look, &sources->files[i]);
        const double blocks = rounded_up(rows * look->row_bytes / (double)cut.max_bytes);

        if (rows > 0) {
            partitions += blocks * rounded_up(rows / blocks / (double)cut.max_rows);
        }
    }
    return partitions;
}
