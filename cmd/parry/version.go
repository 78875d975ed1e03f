package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// build is what the linker wrote into the binary about where it comes from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version, the commit and the version of Go that it was built with", Args: args(cobra.NoArgs, "parry version"),
		RunE: func(*cobra.Command, []string) error {
			b := buildOf(debug.ReadBuildInfo())
			if a.json {
				return a.encode(b)
			}
			t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintf(t, "parry\t%s\n", b.Version)
			if b.Commit != "" {
				changed := ""
				if b.Modified {
					changed = ", and changes that were not committed"
				}
				fmt.Fprintf(t, "commit\t%s of %s%s\n", b.Commit, b.Time, changed)
			}
			fmt.Fprintf(t, "go\t%s %s\n", b.Go, b.Platform)
			return t.Flush()
		},
	}
}

// buildOf reads the build. Go takes the version from the tag of the commit that it builds, and makes one of the commit where there is no tag
// ("go help buildvcs", and Go 1.24's release notes); without a repository there is neither.
func buildOf(info *debug.BuildInfo, ok bool) build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
