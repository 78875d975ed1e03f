//go:build unix

package spool

import (
	"errors"
	"os"
	"syscall"

	"parry"
)

// lockFile takes the lock that says that the folder is in use. It ends with the process, however that ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(parry.Errorf(parry.Conflict, "the spool is in use by another process: %s: %w", path, err).
			WithHint("give each server a folder of its own: --spool DIR or PARRY_SPOOL"), f.Close())
	}
	return f, nil
}
