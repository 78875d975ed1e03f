// Package spool is an inbox on disk: what is put into it is there after a crash, and stays until somebody says that it is done.
//
// A folder has four parts: tmp (being written), new (accepted, one file each, its name tells its age and how often it was tried), dead
// (tried too often, or not to be answered; with the reason beside it) and rejected (was no event when it came; only the newest are kept).
package spool

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parry"
)

// The parts of the folder, and the endings of its files.
const (
	tmp, fresh, dead, rejected = "tmp", "new", "dead", "rejected"
	body, reason               = ".json", ".why"
)

// Options say how much is held.
type Options struct {
	Waiting  int // accepted and not done yet, at most
	Rejected int // kept of what was no event; older ones are removed
	Now      func() time.Time
}

// Box is an inbox. It is safe for concurrent use.
type Box struct {
	dir  string
	o    Options
	lock *os.File

	mu      sync.Mutex
	waiting []*Item // the oldest first
	working int
	writing int           // places taken by what is being written
	wake    chan struct{} // closed when something is put in or given back
}

// Open opens the folder, makes it where there is none, and finds what was left in it. Only one process may have it open.
func Open(dir string, o Options) (*Box, error) {
	for _, part := range []string{tmp, fresh, dead, rejected} {
		if err := os.MkdirAll(filepath.Join(dir, part), 0o700); err != nil {
			return nil, unusable(err)
		}
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	b := &Box{dir: dir, o: o, lock: lock, wake: make(chan struct{})}
	if err := b.scan(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func unusable(err error) error {
	return parry.Errorf(parry.Invalid, "the spool cannot be used: %w", err).WithHint("give a folder that the user may write to: --spool DIR or PARRY_SPOOL")
}

// Close gives the folder back. What is in it stays.
func (b *Box) Close() error { return b.lock.Close() }

// scan finds what was accepted and is not done, and removes what was never accepted.
func (b *Box) scan() error {
	half, err := os.ReadDir(b.path(tmp))
	if err != nil {
		return unusable(err)
	}
	for _, f := range half {
		if err := os.Remove(b.path(tmp, f.Name())); err != nil {
			return unusable(err)
		}
	}
	left, err := os.ReadDir(b.path(fresh)) // sorted by name, and so by age
	if err != nil {
		return unusable(err)
	}
	for _, f := range left {
		name, tries, ok := parseName(f.Name())
		if !ok {
			return parry.Errorf(parry.Invalid, "%s is no file of the spool's", b.path(fresh, f.Name())).WithHint("move it away")
		}
		b.waiting = append(b.waiting, &Item{box: b, name: name, tries: tries})
	}
	return nil
}

// parseName reads "NAME.TRIES.json".
func parseName(file string) (name string, tries int, ok bool) {
	rest, ok := strings.CutSuffix(file, body)
	name, n, found := strings.Cut(rest, ".")
	tries, err := strconv.Atoi(n)
	return name, tries, ok && found && err == nil && tries >= 0 && name != ""
}

func (b *Box) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// second is how names of files begin.
const second = "20060102T150405"

// newName names a file so that names sort by time.
func (b *Box) newName() string {
	var r [6]byte
	_, _ = rand.Read(r[:]) // never fails: crypto/rand.Read ends the program instead
	return strings.ReplaceAll(b.o.Now().UTC().Format(second+".000000000"), ".", "") + "-" + hex.EncodeToString(r[:])
}

// Put accepts a text. When it returns, the text is on the disk. Where too many wait already, the Error is of kind Refused.
func (b *Box) Put(text []byte) (name string, err error) {
	b.mu.Lock()
	if n := len(b.waiting) + b.working + b.writing; n >= b.o.Waiting {
		b.mu.Unlock()
		return "", parry.Errorf(parry.Refused, "%d events wait already", n).WithHint("try again later")
	}
	b.writing++
	b.mu.Unlock()

	i := &Item{box: b, name: b.newName()}
	err = b.write(text, fresh, i.file())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writing--
	if err != nil {
		return "", err
	}
	b.add(i)
	return i.name, nil
}

// add puts an item among those that wait, in its place, and wakes who waits for one.
func (b *Box) add(i *Item) {
	at, _ := slices.BinarySearchFunc(b.waiting, i, func(x, y *Item) int { return cmp.Compare(x.name, y.name) })
	b.waiting = slices.Insert(b.waiting, at, i)
	close(b.wake)
	b.wake = make(chan struct{})
}

// write writes a file whole and on the disk, or not at all: first under another name, then moved.
func (b *Box) write(text []byte, part, name string) error {
	half := b.path(tmp, name)
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritten(err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(half, b.path(part, name))
	}
	if err != nil {
		return unwritten(errors.Join(err, ignoreGone(os.Remove(half))))
	}
	return b.sync(part)
}

func unwritten(err error) error {
	return parry.Errorf(parry.Fault, "the spool cannot be written: %w", err).WithHint("look whether its disk is full")
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sync puts a folder's list of names on the disk.
func (b *Box) sync(part string) error {
	d, err := os.Open(b.path(part))
	if err != nil {
		return unwritten(err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return unwritten(err)
	}
	return nil
}

// Reject keeps a text that is no event, with the reason. Of these only the newest are kept.
func (b *Box) Reject(text []byte, why string) (name string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name = b.newName()
	if err := b.write([]byte(why+"\n"), rejected, name+reason); err != nil {
		return "", err
	}
	if err := b.write(text, rejected, name+body); err != nil {
		return "", err
	}
	return name, b.trim()
}

// trim removes the oldest of what was rejected.
func (b *Box) trim() error {
	all, err := os.ReadDir(b.path(rejected))
	if err != nil {
		return unwritten(err)
	}
	var names []string
	for _, f := range all {
		if name, ok := strings.CutSuffix(f.Name(), body); ok {
			names = append(names, name)
		}
	}
	for _, name := range names[:max(len(names)-b.o.Rejected, 0)] {
		for _, end := range []string{body, reason} {
			if err := ignoreGone(os.Remove(b.path(rejected, name+end))); err != nil {
				return unwritten(err)
			}
		}
	}
	return nil
}

// Oldest is the second in which the oldest text was accepted that nobody works on; false where there is none.
func (b *Box) Oldest() (at time.Time, waits bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return at, false
	}
	name := b.waiting[0].name
	at, err := time.Parse(second, name[:min(len(name), len(second))])
	return at, err == nil
}

// Waiting is how many are accepted and not done.
func (b *Box) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) + b.working
}

// Take waits for items whose time has come, and gives at most n, the oldest first.
func (b *Box) Take(ctx context.Context, n int) ([]*Item, error) {
	for {
		due, wake, pause := b.due(n)
		if len(due) > 0 {
			return b.load(ctx, due)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// idle is how long Take sleeps where nothing is known to come.
const idle = time.Minute

// due takes items out whose time has come. Where there are none it says what to wait for.
func (b *Box) due(n int) (due []*Item, wake <-chan struct{}, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, pause := b.o.Now(), idle
	b.waiting = slices.DeleteFunc(b.waiting, func(i *Item) bool {
		switch {
		case i.from.After(now):
			pause = min(pause, i.from.Sub(now))
			return false
		case len(due) >= n:
			return false
		}
		due = append(due, i)
		return true
	})
	b.working += len(due)
	return due, b.wake, pause
}

// load counts the try of each item and reads its text. The count is on the disk first, so that a text that ends the process is counted.
func (b *Box) load(ctx context.Context, items []*Item) (ready []*Item, err error) {
	for _, i := range items {
		was := i.file()
		i.tries++
		e := os.Rename(b.path(fresh, was), b.path(fresh, i.file()))
		if e != nil {
			i.tries--
		} else {
			i.text, e = os.ReadFile(b.path(fresh, i.file()))
		}
		if e != nil {
			err = errors.Join(err, parry.Errorf(parry.Fault, "%s cannot be read: %w", i.Name(), e), i.Again(ctx, idle))
			continue
		}
		ready = append(ready, i)
	}
	return ready, err
}

// Item is one text that was accepted.
type Item struct {
	box   *Box
	name  string
	tries int
	from  time.Time // not before
	text  []byte
}

func (i *Item) file() string { return fmt.Sprintf("%s.%d%s", i.name, i.tries, body) }

// Name names the item for people.
func (i *Item) Name() string { return "spooled event " + i.name }

// Body is the text.
func (i *Item) Body() []byte { return i.text }

// Tries is how often it was taken, this time included.
func (i *Item) Tries() int { return i.tries }

// Keep has nothing to do: the folder is this process's own.
func (i *Item) Keep(context.Context) error { return nil }

// Done removes the item.
func (i *Item) Done(context.Context) error {
	i.left()
	if err := os.Remove(i.box.path(fresh, i.file())); err != nil {
		return unwritten(err)
	}
	return i.box.sync(fresh)
}

// Again gives the item back: it is taken again after a while.
func (i *Item) Again(_ context.Context, after time.Duration) error {
	i.box.mu.Lock()
	defer i.box.mu.Unlock()
	i.box.working--
	i.from, i.text = i.box.o.Now().Add(after), nil
	i.box.add(i)
	return nil
}

// Aside keeps the item where a person finds it, with the reason.
func (i *Item) Aside(_ context.Context, why string) error {
	i.left()
	if err := i.box.write([]byte(why+"\n"), dead, i.name+reason); err != nil {
		return err
	}
	if err := os.Rename(i.box.path(fresh, i.file()), i.box.path(dead, i.name+body)); err != nil {
		return unwritten(err)
	}
	return errors.Join(i.box.sync(dead), i.box.sync(fresh))
}

// left takes the item out of the count of what is worked on.
func (i *Item) left() {
	i.box.mu.Lock()
	defer i.box.mu.Unlock()
	i.box.working--
}
