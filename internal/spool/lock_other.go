//go:build !unix

package spool

import "os"

// lockFile opens the lock's file; to keep others out is left to the person here.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, unusable(err)
	}
	return f, nil
}
