package notify

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// channelType is one type of channels: its fields in the file, and how one is made of them.
type channelType struct {
	name   string
	doc    string
	fields []field
	open   func(v values, o opening) (Channel, error)
}

// opening is what a channel may be made with beside its fields.
type opening struct {
	name   string // of the channel
	now    func() time.Time
	client *http.Client
	aws    func(ctx context.Context, region string) (aws.Config, error)
}

// types is the table of types.
func types() []channelType {
	return []channelType{
		slackType(), snsType(), mailType(), webhookType(),
		teamsType(), pagerDutyType(), opsgenieType(), jiraType(), serviceNowType(),
	}
}

func typeOf(name string) (channelType, bool) {
	for _, t := range types() {
		if t.name == name {
			return t, true
		}
	}
	return channelType{}, false
}
