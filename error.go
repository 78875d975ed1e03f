package parry

import (
	"errors"
	"fmt"
)

// Kind is a kind of failure that someone branches on. There are no others: an error without a kind is a fault.
type Kind int

// The kinds.
const (
	Fault    Kind = iota // it went wrong: a bug, a broken store, AWS in trouble
	Invalid              // what was given cannot be read or is not allowed; trying again is of no use
	NotFound             // there is no such thing
	Conflict             // the world is not as it was: a person must look
	Refused              // a guard says no
)

// Error is a failure with its kind, what it is about, and the next step for a person.
type Error struct {
	Kind Kind
	Msg  string
	Hint string // what to do next; empty where the message says it all
	Err  error  // the cause
}

func (e *Error) Error() string { return e.Msg }

// Unwrap gives the cause, which Msg already tells.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of a kind. A %w keeps its cause.
func Errorf(k Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: k, Msg: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint adds the next step.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// KindOf is the kind of the outermost Error in err's chain; Fault where there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Fault
}

// HintOf is the first hint in err's chain.
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}
