package assemble

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/hub"
)

// Publisher writes findings into Security Hub with the cloud's credentials: where a role is set, with the one named "publish"
// (parry-publish), in a session that can do nothing else. A session is kept for its account and Region and taken again when it ends.
func Publisher(cloud *awsapi.Cloud, now func() time.Time) *hub.Publisher {
	var mu sync.Mutex
	has := map[hub.Place]aws.Config{}
	return &hub.Publisher{Now: now, Config: func(ctx context.Context, p hub.Place) (aws.Config, error) {
		mu.Lock()
		defer mu.Unlock()
		if cfg, ok := has[p]; ok {
			return cfg, nil
		}
		t := parry.Target{Type: "AWS::SecurityHub::Hub", ID: "default", Account: p.Account, Region: p.Region, Partition: p.Partition}
		cfg, err := cloud.Narrow(ctx, "publish", t, p.Permissions())
		if err == nil {
			has[p] = cfg
		}
		return cfg, err
	}}
}
