/* Files: whole ones, and the way they get their final name. */
#include "djtest.h"

#include "dj/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct dj_error err;

static void a_file_is_replaced_as_a_whole(void)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    DJ_CHECK_OK(dj_fs_replace("a.txt", DJ_STR("first"), &err));
    DJ_CHECK_OK(dj_fs_replace("a.txt", DJ_STR("second one"), &err));
    DJ_CHECK_OK(dj_fs_read("a.txt", &buf, &err));
    DJ_CHECK_STR(dj_buf_str(&buf), "second one");
    DJ_CHECK(!dj_fs_exists("a.txt.tmp"));
    dj_buf_release(&buf);
}

static void what_fails_names_the_path_and_the_cause(void)
{
    struct dj_buf buf;

    dj_buf_init(&buf);
    DJ_CHECK_STATUS(dj_fs_read("no/such/file", &buf, &err), DJ_IO);
    DJ_CHECK_TEXT(err.text, "no/such/file: No such file or directory");
    DJ_CHECK_STATUS(dj_fs_replace("no/such/file", DJ_STR("x"), &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "No such file or directory");
    DJ_CHECK_STATUS(dj_fs_read(".", &buf, &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "folder");
    DJ_CHECK_OK(dj_fs_replace("plain", DJ_STR("x"), &err));
    DJ_CHECK_STATUS(dj_fs_make_dirs("plain/sub", &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "plain");
    dj_buf_release(&buf);
}

static void folders_are_made_and_removed(void)
{
    DJ_CHECK_OK(dj_fs_make_dirs("x/y/z", &err));
    DJ_CHECK_OK(dj_fs_make_dirs("x/y/z", &err));
    DJ_CHECK(dj_fs_is_dir("x/y/z"));
    DJ_CHECK_OK(dj_fs_replace("x/y/file", DJ_STR("x"), &err));
    DJ_CHECK_OK(dj_fs_remove_tree("x", &err));
    DJ_CHECK(!dj_fs_exists("x"));
    DJ_CHECK_OK(dj_fs_remove_tree("x", &err));
    DJ_CHECK_OK(dj_fs_remove("x", &err));
}

static void ranges_are_copied_to_their_place(void)
{
    struct dj_buf buf;
    int from, to;

    dj_buf_init(&buf);
    DJ_CHECK_OK(dj_fs_replace("from", DJ_STR("0123456789"), &err));
    DJ_CHECK_OK(dj_fs_open("from", O_RDONLY, &from, &err));
    DJ_CHECK_OK(dj_fs_open("to", O_RDWR | O_CREAT | O_TRUNC, &to, &err));
    DJ_CHECK_OK(dj_fs_copy_range(from, 5, to, 0, 5, "from", &err));
    DJ_CHECK_OK(dj_fs_copy_range(from, 0, to, 5, 5, "from", &err));
    DJ_CHECK_STATUS(dj_fs_copy_range(from, 8, to, 0, 5, "from", &err), DJ_IO);
    DJ_CHECK_CONTAINS(err.text, "shorter");
    close(from);
    close(to);
    DJ_CHECK_OK(dj_fs_read("to", &buf, &err));
    DJ_CHECK_INT(buf.len, 10);
    dj_buf_release(&buf);
}

static void check_join(const char *folder, const char *name, const char *joined)
{
    char *path = dj_fs_join(folder, name);

    DJ_CHECK_TEXT(path, joined);
    dj_xfree(path);
}

static void check_dirname(const char *path, const char *expected)
{
    char *folder = dj_fs_dirname(path);

    DJ_CHECK_TEXT(folder, expected);
    dj_xfree(folder);
}

static void paths_are_taken_apart(void)
{
    char *absolute = dj_fs_absolute("./a/b");

    check_join("a", "b", "a/b");
    check_join("a/", "b", "a/b");
    check_join("a", "/b", "/b");
    check_join("", "b", "b");
    check_dirname("a/b/c", "a/b");
    check_dirname("c", ".");
    check_dirname("/c", "/");
    DJ_CHECK_TEXT(dj_fs_basename("a/b.txt"), "b.txt");
    DJ_CHECK(absolute[0] == '/');
    DJ_CHECK(strstr(absolute, "/a/b") != NULL && strstr(absolute, "./") == NULL);
    dj_xfree(absolute);
}

int main(void)
{
    char folder[] = "/tmp/dj-test-fs.XXXXXX";

    DJ_CHECK(mkdtemp(folder) != NULL);
    DJ_CHECK(chdir(folder) == 0);
    DJ_TEST(a_file_is_replaced_as_a_whole);
    DJ_TEST(what_fails_names_the_path_and_the_cause);
    DJ_TEST(folders_are_made_and_removed);
    DJ_TEST(ranges_are_copied_to_their_place);
    DJ_TEST(paths_are_taken_apart);
    DJ_CHECK(chdir("/") == 0);
    DJ_CHECK_OK(dj_fs_remove_tree(folder, &err));
    return 0;
}
