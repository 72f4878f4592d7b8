/* Names in dataset_mapping.json that its writer and its reader share. */
#ifndef DJ_DATASET_MAPPING_PRIVATE_H
#define DJ_DATASET_MAPPING_PRIVATE_H

/* Data-Juicer's version of the fields that it has too; ours is the layout's. */
#define DJ_MAPPING_VERSION "1.0"
enum { DJ_MAPPING_LAYOUT = 1 };

#define DJ_MAPPING_SOURCES "\"sources\": ["
#define DJ_MAPPING_PARTITIONS "\"partitions\": ["

/* Behind the key of a path that is no UTF-8: the key of its bytes in hex digits. */
#define DJ_MAPPING_HEX "_hex"

#endif
