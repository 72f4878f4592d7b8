from spack.package import *


class DjMpi(CMakePackage):
    """Runs Data-Juicer text recipes on MPI ranks, and resumes them.

    Put this file into packages/dj-mpi/ of a repository of your own ("spack repo create"),
    then, in the checkout: spack dev-build -d . dj-mpi@main
    """

    version("main")
    license("Apache-2.0")

    variant("parquet", default=False, description="Parquet and Arrow files")

    depends_on("c", type="build")
    depends_on("cxx", type="build", when="+parquet")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("openmpi@4:")
    depends_on("hdf5+mpi@1.10.2:")
    depends_on("libyaml")
    depends_on("cjson")
    depends_on("zstd")
    depends_on("zlib-api")
    depends_on("xxhash@0.8:")
    depends_on("pcre2+jit")
    depends_on("utf8proc")
    depends_on("libarchive")
    depends_on("arrow@24: +parquet+snappy+zlib+zstd+lz4", when="+parquet")

    def cmake_args(self):
        return [
            self.define("DJ_TESTS", False),
            self.define_from_variant("DJ_ARROW", "parquet"),
        ]
