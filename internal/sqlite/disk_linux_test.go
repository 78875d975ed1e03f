package sqlite

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"parry"
)

const envDisk = "PARRY_TEST_DISK"

// TestDiskFull fills a real file system, a small one in memory that a child mounts in name spaces of its own.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(envDisk); dir != "" {
		fillDisk(t, dir)
		return
	}
	cmd := child(t, "^TestDiskFull$", envDisk+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case cmd.ProcessState == nil:
		t.Skipf("no name spaces for users here: %v", err)
	case cmd.ProcessState.ExitCode() == cannotMount:
		t.Skip("nothing can be mounted here")
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	}
}

// cannotMount is the child's exit code where the system does not let it.
const cannotMount = 77

func fillDisk(t *testing.T, dir string) {
	if err := syscall.Mount("parry", dir, "tmpfs", 0, "size=10m"); err != nil {
		os.Exit(cannotMount)
	}
	db := open(t, filepath.Join(dir, "parry.db"))
	must(t, saveOne(t, db, "r-first", 100))
	filler := filepath.Join(dir, "filler")
	must(t, os.WriteFile(filler, make([]byte, 9<<20), 0o600))
	all, full := map[string]bool{"r-first": true}, false
	for _, prefix := range []string{"r-a", "r-b", "r-c"} {
		for id, saved := range saveMany(t, db, prefix, 30, 4000) {
			all[id] = saved
			full = full || !saved
		}
	}
	if !full {
		t.Error("the disk did not become full")
	}
	areThere(t, db, all)
	must(t, os.Remove(filler))
	for id, saved := range all {
		if !saved {
			must(t, saveOne(t, db, id, 100))
			all[id] = true
		}
	}
	areThere(t, db, all)
	must(t, db.Close())
	areThere(t, open(t, db.path), all)
}

const envLimit = "PARRY_TEST_LIMIT"

// TestTheSystemRefusesToWrite lets the writes fail with another error than that of a full disk: the file may not be larger. The child
// that has the limit says so to every writer, and goes on without it.
func TestTheSystemRefusesToWrite(t *testing.T) {
	if path := os.Getenv(envLimit); path != "" {
		writeBeyond(t, path)
		return
	}
	if out, err := child(t, "^TestTheSystemRefusesToWrite$", envLimit+"="+filepath.Join(t.TempDir(), "parry.db")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func writeBeyond(t *testing.T, path string) {
	db := open(t, path)
	must(t, saveOne(t, db, "r-first", 100))
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 400 << 10, Max: limit.Max}))
	isError(t, saveOne(t, db, "r-large", 1<<20), parry.Fault, "could not read or write the store "+path)
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	areThere(t, db, map[string]bool{"r-first": true, "r-large": false})
	must(t, saveOne(t, db, "r-large", 1<<20))
	areThere(t, db, map[string]bool{"r-first": true, "r-large": true})
}
