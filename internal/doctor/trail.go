package doctor

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

// lookAtTrail wants one trail of all Regions that logs; an organization's own is seen in its members, too. Source: DescribeTrails, CloudTrail API
// Reference (shadow trails).
func lookAtTrail(ctx context.Context, p *place) ([]Finding, error) {
	c := cloudtrail.NewFromConfig(p.cfg)
	out, err := c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, t := range out.TrailList {
		if !aws.ToBool(t.IsMultiRegionTrail) {
			continue
		}
		name := aws.ToString(t.Name)
		// A trail is asked for where it is at home: another Region's endpoint does not have its status.
		s, err := c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN}, func(o *cloudtrail.Options) {
			if home := aws.ToString(t.HomeRegion); home != "" {
				o.Region = home
			}
		})
		switch where := " --region " + aws.ToString(t.HomeRegion); {
		case err != nil:
			f := unread(err, []string{"cloudtrail:GetTrailStatus"})
			f.What = "the trail " + name + " " + f.What
			found = append(found, f)
		case !aws.ToBool(s.IsLogging):
			found = append(found, risk("aws cloudtrail start-logging --name "+aws.ToString(t.TrailARN)+where, "the trail %s does not log", name))
		case aws.ToString(s.LatestDeliveryError) != "":
			found = append(found, risk("see the bucket's policy and the key's: aws cloudtrail get-trail-status --name "+aws.ToString(t.TrailARN)+where, "the trail %s logs, and cannot deliver: %s", name, aws.ToString(s.LatestDeliveryError)))
		case !aws.ToBool(t.LogFileValidationEnabled):
			found = append(found, risk("aws cloudtrail update-trail --enable-log-file-validation --name "+aws.ToString(t.TrailARN)+where, "the trail %s logs, but nobody can tell whether its files were changed", name))
		default:
			return []Finding{ok("the trail %s logs all Regions", name)}, nil // one is enough
		}
	}
	if len(found) == 0 {
		found = []Finding{missing("make a trail of the organization in the management account, or one here: aws cloudtrail create-trail --is-multi-region-trail --enable-log-file-validation, then start-logging", "no trail logs all Regions")}
	}
	return found, nil
}
