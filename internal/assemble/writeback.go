package assemble

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/hub"
)

// WriteBack tells Security Hub what became of its findings, with the cloud's credentials: where a role is set, with the one named
// "writeback" (parry-writeback), in a session that can do nothing else. at is the administrator's account and aggregation Region, or
// empty to update each finding in its own; link is the console's address for the note, or empty.
func WriteBack(cloud *awsapi.Cloud, memory hub.Memory, at hub.Place, link string) *hub.WriteBack {
	return &hub.WriteBack{Hub: at, Link: link, Memory: memory, Sleep: sleep, Config: narrowed(cloud, "writeback", hub.Place.UpdatePermissions)}
}

// narrowed gives configurations for places in Security Hub, with permissions for each. A session is kept for its account and Region
// and taken again when it ends.
func narrowed(cloud *awsapi.Cloud, name string, perms func(hub.Place) []parry.Permission) func(context.Context, hub.Place) (aws.Config, error) {
	var mu sync.Mutex
	has := map[hub.Place]aws.Config{}
	return func(ctx context.Context, p hub.Place) (aws.Config, error) {
		mu.Lock()
		cfg, ok := has[p]
		mu.Unlock()
		if ok {
			return cfg, nil
		}
		t := parry.Target{Type: "AWS::SecurityHub::Hub", ID: "default", Account: p.Account, Region: p.Region, Partition: p.Partition}
		cfg, err := cloud.Narrow(ctx, name, t, perms(p))
		if err == nil {
			mu.Lock()
			has[p] = cfg
			mu.Unlock()
		}
		return cfg, err
	}
}
