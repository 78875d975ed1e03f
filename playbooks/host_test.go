package playbooks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The documents that playbooks run on hosts are run here, as the agent runs them: their parameters put in, by a shell.

// hostScript is the script of a playbook with its parameters put in. All must be given, and nothing else.
func hostScript(t *testing.T, playbook string, params map[string]string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the documents are for Linux")
	}
	p, err := library(t).Playbooks.Get(playbook)
	if err != nil {
		t.Fatal(err)
	}
	text := p.Texts()[0].Text
	used := map[string]bool{}
	text = regexp.MustCompile(`\{\{ (\w+) \}\}`).ReplaceAllStringFunc(text, func(m string) string {
		name := m[3 : len(m)-3]
		v, ok := params[name]
		if !ok {
			t.Errorf("the script asks for %s", name)
		}
		used[name] = true
		return v
	})
	for name := range params {
		if !used[name] {
			t.Errorf("the script does not ask for %s", name)
		}
	}
	return text
}

// sh runs a script and gives what it said, on both, and its exit code.
func sh(t *testing.T, script string, env ...string) (said string, code int) {
	t.Helper()
	cmd := exec.Command("/bin/sh")
	cmd.Stdin = strings.NewReader(script)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !asExit(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func asExit(err error, into **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*into = e
	return ok
}

// program makes a program that sleeps and is no other's: sleep itself, with a tail of its own.
func program(t *testing.T, tail string) (path, sum string) {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("there is no sleep")
	}
	b, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, tail...)
	path = filepath.Join(t.TempDir(), "miner")
	if err := os.WriteFile(path, b, 0o700); err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(b)
	return path, hex.EncodeToString(s[:])
}

// victim starts a program and tells whether it still runs.
func victim(t *testing.T, path string) (pid string, lives func() bool) {
	t.Helper()
	cmd := exec.Command(path, "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return strconv.Itoa(cmd.Process.Pid), func() bool {
		select {
		case <-ended:
			return false
		case <-time.After(100 * time.Millisecond):
			return true
		}
	}
}

func TestKillingAProcess(t *testing.T) {
	path, sum := program(t, "of "+t.Name())
	other, otherSum := program(t, "another")
	kill := func(sum, pid, folder string) (string, int) {
		return sh(t, hostScript(t, "host-kill-process", map[string]string{"Sha256": sum, "Pid": pid, "Installed": "refuse", "Folder": folder, "Response": "r-1"}))
	}
	meant, meantLives := victim(t, path)
	twin, twinLives := victim(t, path)
	third, thirdLives := victim(t, other)
	keep := t.TempDir()

	// The pid of the finding runs something else by now.
	if said, code := kill(sum, third, keep); code != 0 || !strings.Contains(said, "0 killed") || !thirdLives() {
		t.Errorf("a pid given anew: %d, %s", code, said)
	}
	// The one process, and not its twin.
	if said, code := kill(sum, meant, keep); code != 0 || !strings.Contains(said, "1 killed") || meantLives() || !twinLives() {
		t.Errorf("one: %d, %s", code, said)
	}
	for part, want := range map[string]string{"exe": "", "cmdline": path + "\x00300\x00", "environ": "", "open": ""} {
		b, err := os.ReadFile(filepath.Join(keep, "r-1", meant, part))
		if err != nil || len(b) == 0 || want != "" && string(b) != want {
			t.Errorf("kept of it: %s is %.40q, %v", part, b, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(keep, "r-1", meant, "exe")); err == nil {
		if s := sha256.Sum256(b); hex.EncodeToString(s[:]) != sum {
			t.Error("the executable that was kept is another")
		}
	}
	// Again: nothing is there to kill.
	if said, code := kill(sum, meant, keep); code != 0 || !strings.Contains(said, "0 killed") {
		t.Errorf("again: %d, %s", code, said)
	}
	// All that run it, though the file is deleted; nothing else.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if said, code := kill(sum, "0", keep); code != 0 || !strings.Contains(said, "process "+twin+" is killed") || twinLives() || !thirdLives() {
		t.Errorf("all: %d, %s", code, said)
	}
	if _, code := kill(otherSum, "0", "/proc/no/folder"); code == 0 || !thirdLives() {
		t.Error("killed, though nothing of it could be kept")
	}
}

// Whoever names the hash of an interpreter would kill everything that is written in it.
func TestAProgramOfThePackagesIsNotKilledWherever(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("there is no sleep")
	}
	b, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(b)
	sum := hex.EncodeToString(s[:])
	pid, lives := victim(t, sleep)
	params := map[string]string{"Sha256": sum, "Pid": "0", "Installed": "refuse", "Folder": t.TempDir(), "Response": "r-2"}
	if said, code := sh(t, hostScript(t, "host-kill-process", params)); code != 4 || !lives() {
		t.Errorf("%d, %s", code, said)
	}
	params["Pid"] = pid // the one that is meant
	if said, code := sh(t, hostScript(t, "host-kill-process", params)); code != 0 || lives() {
		t.Errorf("%d, %s", code, said)
	}
}

// tools makes a folder with tools of the system and with those that a test plays itself, for a PATH of its own.
func tools(t *testing.T, real []string, played map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range real {
		if path, err := exec.LookPath(name); err == nil {
			if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, script := range played {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var everyday = []string{"sh", "mkdir", "date", "cat", "timeout", "awk", "rm", "cp", "chmod", "sha256sum", "readlink", "sort", "tr", "ps"}

func TestCollectingEvidence(t *testing.T) {
	to := filepath.Join(t.TempDir(), "to")
	path := "PATH=" + tools(t, everyday, map[string]string{
		"df": `printf "x\ny 1 1 %s\n" "${FREE:-99999999999}"`, "ss": "echo LISTEN 0.0.0.0:4444", "lsmod": "echo rootkit; echo broken >&2; exit 3", "avml": `echo memory > "$2"`,
		"aws": `[ "$6" != s3://full/r-1/i-0abc/ ] && echo "$*" > ` + to,
	})
	collect := func(folder, memory, bucket string) (string, int) {
		return sh(t, hostScript(t, "host-collect-evidence", map[string]string{"Folder": folder, "Response": "r-1", "Memory": memory, "Bucket": bucket, "Host": "i-0abc"}), path)
	}
	keep := t.TempDir()
	said, code := collect(keep, "yes", "")
	if code != 0 || !strings.Contains(said, "it is in "+keep+"/r-1") || !strings.Contains(said, "lsof: ") && !strings.Contains(said, "files: there is no lsof") || !strings.Contains(said, "modules: lsmod ended with 3") {
		t.Errorf("%d, %s", code, said)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(keep, "r-1", name))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	if read("sockets") != "LISTEN 0.0.0.0:4444\n" || read("modules") != "rootkit\n" || read("modules.errors") != "broken\n" || read("memory.lime") == "" {
		t.Error("what the tools said is not what was kept")
	}
	for line := range strings.Lines(read("manifest")) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if s := sha256.Sum256([]byte(read(name))); hex.EncodeToString(s[:]) != sum {
			t.Errorf("%s is not what the manifest says", name)
		}
	}
	manifest := sha256.Sum256([]byte(read("manifest")))
	if !strings.Contains(said, "manifest "+hex.EncodeToString(manifest[:])) || !strings.Contains(read("manifest"), "  sockets\n") {
		t.Errorf("the manifest's own hash is not told: %s", said)
	}
	if said, code := collect(t.TempDir(), "no", ""); code != 0 || strings.Contains(said, "memory") {
		t.Errorf("without memory: %d, %s", code, said)
	}
	said, code = collect(t.TempDir(), "no", "evidence")
	if b, err := os.ReadFile(to); code != 0 || err != nil || string(b) != "s3 cp --recursive --only-show-errors . s3://evidence/r-1/i-0abc/\n" || !strings.Contains(said, "it is in s3://evidence/r-1/i-0abc/") {
		t.Errorf("copied: %d, %s, %q, %v", code, said, b, err)
	}
	if said, code := collect(t.TempDir(), "no", "full"); code != 7 || !strings.Contains(said, "it could not be copied") {
		t.Errorf("not copied: %d, %s", code, said)
	}
	t.Setenv("FREE", "1000")
	if said, code := collect(t.TempDir(), "yes", ""); code != 0 || !strings.Contains(said, "do not fit into the 1000 KB that are free") {
		t.Errorf("too little room for the memory: %d, %s", code, said)
	}
	if said, code := collect("/proc/no/folder", "no", ""); code == 0 {
		t.Errorf("nowhere to keep it: %s", said)
	}
}

// host plays a machine's firewall: what was asked of it, in order.
type host struct {
	*testing.T
	log, run, path string
}

func newHost(t *testing.T, played map[string]string, tool ...string) host {
	h := host{T: t, log: filepath.Join(t.TempDir(), "log"), run: t.TempDir()}
	for _, name := range tool {
		played[name] = `echo "` + name + ` $*" >> ` + h.log + "\n" + played[name]
	}
	h.path = "PATH=" + tools(t, everyday, played)
	return h
}

func (h host) do(action string) (said string, code int, asked []string) {
	h.Helper()
	_ = os.Remove(h.log)
	said, code = sh(h.T, hostScript(h.T, "host-isolate", map[string]string{"Action": action, "Region": "us-east-1", "KeepOpen": "10.0.2.0/28", "Run": h.run}), h.path)
	b, _ := os.ReadFile(h.log)
	return said, code, strings.Split(strings.TrimSpace(string(b)), "\n")
}

const endpoints = `echo "10.0.0.9 STREAM $2"`

// With nft, and that table once there. Real rules were loaded with nft 1.0.6 and iptables 1.8.9 when this was written; a test has no host to cut off.
func TestIsolatingAHost(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules")
	h := newHost(t, map[string]string{
		"getent": endpoints,
		"nft":    `case "$1" in -f) cat > ` + rules + `;; list) [ -f ` + rules + ` ];; delete) rm ` + rules + `;; esac`,
	}, "nft", "mount", "umount")
	said, code, asked := h.do("Isolate")
	if code != 0 || !strings.Contains(said, "isolated by nft; open: 10.0.0.9 10.0.0.9 10.0.0.9 10.0.2.0/28") || !slices.Contains(asked, "mount --bind "+h.run+"/parry-hosts /etc/hosts") {
		t.Fatalf("%d, %s, %v", code, said, asked)
	}
	b, err := os.ReadFile(rules)
	if err != nil || strings.Count(string(b), "policy drop;") != 3 || !strings.Contains(string(b), "ip daddr { 10.0.0.9,10.0.0.9,10.0.0.9,10.0.2.0/28 } tcp dport 443 accept") {
		t.Errorf("%v\n%s", err, b)
	}
	pins, err := os.ReadFile(filepath.Join(h.run, "parry-hosts"))
	if err != nil || !strings.Contains(string(pins), "10.0.0.9 ssmmessages.us-east-1.amazonaws.com\n") {
		t.Errorf("%v\n%s", err, pins)
	}
	if said, code, asked := h.do("Isolate"); code != 0 || !slices.Contains(asked, "umount /etc/hosts") {
		t.Errorf("again, it starts from a clean host: %d, %s, %v", code, said, asked)
	}
	said, code, asked = h.do("Release")
	if _, err := os.Stat(rules); code != 0 || said != "released\n" || !os.IsNotExist(err) || !slices.Contains(asked, "umount /etc/hosts") {
		t.Errorf("%d, %s, %v", code, said, asked)
	}
	if said, code, asked := h.do("Release"); code != 0 || slices.Contains(asked, "umount /etc/hosts") {
		t.Errorf("released again: %d, %s, %v", code, said, asked)
	}
}

// What cannot be isolated so that it can be released again is left as it was.
func TestAHostThatCannotBeIsolatedIsLeftAsItWas(t *testing.T) {
	for name, c := range map[string]struct {
		played map[string]string
		code   int
	}{
		"no way back":          {map[string]string{"getent": "exit 2", "nft": ""}, 3},
		"no firewall":          {map[string]string{"getent": endpoints}, 4},
		"nft fails":            {map[string]string{"getent": endpoints, "nft": `[ "$1" != -f ] && [ "$1" != list ]`}, 1},
		"iptables fails":       {map[string]string{"getent": endpoints, "iptables": `[ "$2" != -I ] && [ "$2" != -C ]`}, 1},
		"hosts is not mounted": {map[string]string{"getent": endpoints, "nft": `[ "$1" != list ]`, "mount": "exit 1"}, 1},
	} {
		asked := []string{"mount", "umount"}
		for _, tool := range []string{"nft", "iptables"} {
			if _, ok := c.played[tool]; ok {
				asked = append(asked, tool)
			}
		}
		h := newHost(t, c.played, asked...)
		said, code, log := h.do("Isolate")
		if _, err := os.Stat(filepath.Join(h.run, "parry-hosts")); code != c.code || !os.IsNotExist(err) {
			t.Errorf("%s: %d, %s, %v", name, code, said, log)
		}
		if name == "iptables fails" && !slices.Contains(log, "iptables -w -X PARRY-ISOLATE") {
			t.Errorf("%s: %v", name, log)
		}
	}
}
