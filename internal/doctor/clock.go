package doctor

import (
	"context"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// How far the clock may be off. Source: "Troubleshooting Signature Version 4" and "Elements of an AWS API request signature", IAM User Guide: a request
// must reach AWS within five minutes of its time stamp.
const (
	clockOff = time.Minute
	clockEnd = 5 * time.Minute
)

// lookAtClock compares the time of AWS's answer with this machine's. The answer's Date has whole seconds, and was written between the question and
// the answer, so half of the way is not the clock's fault.
func lookAtClock(ctx context.Context, p *place) ([]Finding, error) {
	asked := p.Now()
	out, err := sts.NewFromConfig(p.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	theirs, there := awsmiddleware.GetServerTime(out.ResultMetadata)
	if !there {
		return []Finding{{Status: Unknown, What: "AWS's answer has no time", Fix: "see whether a proxy takes the header Date out of answers"}}, nil
	}
	answered := p.Now()
	off := asked.Add(answered.Sub(asked) / 2).Sub(theirs).Round(time.Second)
	fix := "set the clock by NTP: on AWS 'chronyc tracking' with server 169.254.169.123"
	switch {
	case off.Abs() > clockEnd:
		return []Finding{risk(fix, "the clock is off by %v: AWS refuses what is signed with it", off)}, nil
	case off.Abs() > clockOff:
		return []Finding{risk(fix, "the clock is off by %v; at %v AWS refuses signatures", off, clockEnd)}, nil
	}
	return []Finding{ok("the clock is off by %v", off.Abs())}, nil
}
