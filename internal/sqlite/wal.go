package sqlite

import (
	"context"
	"os"
)

const (
	// walBound is the size that the write-ahead log is brought back from, in bytes.
	walBound = 64 << 20
	// shortWait is how long writers wait for readers to let that happen.
	shortWait = "200"
)

// boundWAL keeps the write-ahead log from growing for ever. SQLite copies the log into the store by itself, but begins it anew only
// when it finds a moment without a reader, and with many readers there may be none. So from a size on the committer makes one: new
// readers read from the store, and those that are there get a short time to end. One that reads for longer is not disturbed: the log
// grows while it does, and is tried again after as much as the bound has come in.
func (c *committer) boundWAL(ctx context.Context) {
	if c.walFile == "" {
		return
	}
	size := fileSize(c.walFile)
	if size < c.bound {
		c.wal = 0
		return
	}
	if size < c.wal+c.bound {
		return
	}
	for _, pragma := range []string{"busy_timeout = " + shortWait, "wal_checkpoint(TRUNCATE)", "busy_timeout = " + millis(patience)} {
		// What goes wrong here is no write's trouble. If it is the disk's, the next write meets it, too.
		_, _ = c.db.ExecContext(ctx, "PRAGMA "+pragma)
	}
	c.wal = fileSize(c.walFile)
}

// fileSize is 0 for a file that is not there.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
