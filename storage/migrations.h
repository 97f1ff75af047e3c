#ifndef QALAM_STORAGE_MIGRATIONS_H_
#define QALAM_STORAGE_MIGRATIONS_H_

#include "absl/status/status.h"
#include "storage/sqlite_connection.h"

namespace qalam {

// The version of the schema that this program writes: the number of migrations it knows.
int CurrentSchemaVersion();

// Brings an empty or older database to CurrentSchemaVersion in one transaction. Several processes
// may do so at once. DataLoss when the file is from a newer version or belongs to another program.
absl::Status Migrate(SqliteConnection* db);

}  // namespace qalam

#endif  // QALAM_STORAGE_MIGRATIONS_H_
