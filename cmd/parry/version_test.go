package main

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionIsTheTag(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-03-01T09:00:00Z"}, {Key: "vcs.modified", Value: "true"}}}
	if b := buildOf(info, true); b.Version != "v1.2.3" || b.Commit != "abc" || b.Time != "2026-03-01T09:00:00Z" || !b.Modified || b.Go == "" {
		t.Errorf("%+v", b)
	}
	for _, b := range []build{buildOf(nil, false), buildOf(&debug.BuildInfo{}, true)} {
		if b.Version != "(devel)" || b.Commit != "" || b.Platform == "" {
			t.Errorf("%+v", b)
		}
	}
}
