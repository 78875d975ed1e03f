// Command parry is an automated security response for AWS: it takes security events, works out what would put things
// right, and, by tier, does it, asks a person, or tells.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"parry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes. They are a promise: scripts branch on them.
const (
	exitOK       = 0 // done, or nothing was to be done
	exitFailed   = 1 // it went wrong
	exitUsage    = 2 // what was given cannot be read
	exitPerson   = 3 // a person is needed: refused, on hold, only alerted, or nobody said yes
	exitConflict = 4 // the world is not as it was
)

// codeOf is the exit code of an error.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	switch parry.KindOf(err) {
	case parry.Invalid, parry.NotFound:
		return exitUsage
	case parry.Refused:
		return exitPerson
	case parry.Conflict:
		return exitConflict
	}
	return exitFailed
}

// run is the whole program, with everything that it touches given to it.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	cmd := a.command()
	if len(args) == 0 && env(lambdaRuntime) != "" { // Lambda starts a file named bootstrap, and says nothing more
		args = []string{"lambda"}
	}
	cmd.SetArgs(args)
	cmd.SetIn(stdin)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	if err != nil && err != errSaid {
		a.say(err)
	}
	if err != nil && a.code == exitOK {
		a.code = codeOf(err)
	}
	return a.code
}

// errSaid ends a command whose messages were printed already; the exit code stands in the app.
var errSaid = parry.Errorf(parry.Fault, "said already")

// say prints an error and its next step to standard error.
func (a *app) say(err error) {
	fmt.Fprintf(a.stderr, "parry: %v\n", err)
	if hint := parry.HintOf(err); hint != "" {
		fmt.Fprintf(a.stderr, "       %s\n", hint)
	}
}

// fail prints an error and goes on; the program will end with its code, unless a worse one comes.
func (a *app) fail(err error) {
	a.say(err)
	a.worse(codeOf(err))
}

// worse keeps the first code that is not success: it is what went wrong first.
func (a *app) worse(code int) {
	if a.code == exitOK {
		a.code = code
	}
}
