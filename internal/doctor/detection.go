package doctor

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzer "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	recorder "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	detector "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	inspector "github.com/aws/aws-sdk-go-v2/service/inspector2/types"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	macie "github.com/aws/aws-sdk-go-v2/service/macie2/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/smithy-go"
)

// regionFlag is the end of a command for this place.
func (p *place) regionFlag() string { return " --region " + p.region }

func lookAtGuardDuty(ctx context.Context, p *place) ([]Finding, error) {
	c := guardduty.NewFromConfig(p.cfg)
	list, err := c.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	if err != nil {
		return nil, err
	}
	if len(list.DetectorIds) == 0 {
		return []Finding{missing("aws guardduty create-detector --enable"+p.regionFlag()+", or let GuardDuty's delegated administrator enable it for all accounts", "GuardDuty is off: none of its findings come")}, nil
	}
	id := list.DetectorIds[0] // there is one in a Region, or none
	d, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
	if err != nil {
		return nil, err
	}
	if d.Status != detector.DetectorStatusEnabled {
		return []Finding{risk("aws guardduty update-detector --enable --detector-id "+id+p.regionFlag(), "GuardDuty is suspended")}, nil
	}
	return []Finding{ok("GuardDuty is on")}, nil
}

// lookAtSecurityHub asks for the hub of the account. Where Security Hub is off, AWS answers that the account is not subscribed, with a code that it also
// has for a lack of permission. Source: DescribeHub, Security Hub API Reference (InvalidAccessException).
func lookAtSecurityHub(ctx context.Context, p *place) ([]Finding, error) {
	_, err := securityhub.NewFromConfig(p.cfg).DescribeHub(ctx, &securityhub.DescribeHubInput{})
	var e smithy.APIError
	if errors.As(err, &e) && (strings.Contains(e.ErrorMessage(), "not subscribed") || e.ErrorCode() == "ResourceNotFoundException") {
		return []Finding{missing("aws securityhub enable-security-hub"+p.regionFlag()+", or let its delegated administrator enable it for all accounts", "Security Hub is off: its findings do not come, and none can be told what became of it")}, nil
	}
	if err != nil {
		return nil, err
	}
	return []Finding{ok("Security Hub is on")}, nil
}

func lookAtConfig(ctx context.Context, p *place) ([]Finding, error) {
	c := configservice.NewFromConfig(p.cfg)
	list, err := c.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, err
	}
	if len(list.ConfigurationRecorders) == 0 {
		return []Finding{missing("set AWS Config up in this Region: its delivery channel needs a bucket; 'aws configservice put-configuration-recorder"+p.regionFlag()+"' makes the recorder", "AWS Config has no recorder: neither its rules nor Security Hub's controls see anything")}, nil
	}
	status, err := c.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, s := range status.ConfigurationRecordersStatus {
		name := aws.ToString(s.Name)
		switch {
		case !s.Recording:
			found = append(found, risk("aws configservice start-configuration-recorder --configuration-recorder-name "+name+p.regionFlag(), "AWS Config's recorder %s is stopped", name))
		case s.LastStatus == recorder.RecorderStatusFailure:
			found = append(found, risk("see why: aws configservice describe-configuration-recorder-status"+p.regionFlag(), "AWS Config's recorder %s fails: %s %s", name, aws.ToString(s.LastErrorCode), aws.ToString(s.LastErrorMessage)))
		}
	}
	if len(status.ConfigurationRecordersStatus) == 0 {
		return []Finding{{Status: Unknown, What: "AWS Config does not say whether its recorder records", Fix: "run it again"}}, nil
	}
	if len(found) == 0 {
		found = []Finding{ok("AWS Config records")}
	}
	return found, nil
}

// lookAtAnalyzer wants an analyzer of access from outside, of the account or of the organization. The latter stands in the account of IAM Access
// Analyzer's administrator; only the hub is asked for it.
func lookAtAnalyzer(ctx context.Context, p *place) ([]Finding, error) {
	there, err := analyzers(ctx, p.cfg, analyzer.TypeAccount, analyzer.TypeOrganization)
	if err != nil {
		return nil, err
	}
	if there != "" {
		return []Finding{ok("IAM Access Analyzer looks with %s", there)}, nil
	}
	fix := "aws accessanalyzer create-analyzer --analyzer-name account --type ACCOUNT" + p.regionFlag()
	if p.Org != nil && p.account != p.Org.Hub.Account {
		hub, err := p.in(ctx, p.Org.Hub.Account)
		if err == nil {
			hub.Region = p.region
			there, err = analyzers(ctx, hub, analyzer.TypeOrganization)
		}
		switch {
		case err != nil:
			return []Finding{{Status: Unknown, What: "the account has no analyzer; whether the hub has one for the organization could not be read: " + short(err), Fix: "let the hub be read, or: " + fix}}, nil
		case there != "":
			return []Finding{ok("IAM Access Analyzer looks with the hub's %s", there)}, nil
		}
	}
	return []Finding{missing(fix+"; or one of --type ORGANIZATION in the hub", "IAM Access Analyzer is off: nobody looks for access from outside")}, nil
}

// analyzers gives the name of an active analyzer of these types, empty for none.
func analyzers(ctx context.Context, cfg aws.Config, types ...analyzer.Type) (string, error) {
	c, name := accessanalyzer.NewFromConfig(cfg), ""
	for _, t := range types {
		err := pages(ctx, func(ctx context.Context, at *string) (*accessanalyzer.ListAnalyzersOutput, error) {
			return c.ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{Type: t, NextToken: at})
		}, func(o *accessanalyzer.ListAnalyzersOutput) *string { return o.NextToken }, func(o *accessanalyzer.ListAnalyzersOutput) {
			for _, a := range o.Analyzers {
				if a.Status == analyzer.AnalyzerStatusActive && name == "" {
					name = aws.ToString(a.Name)
				}
			}
		})
		if err != nil || name != "" {
			return name, err
		}
	}
	return "", nil
}

// lookAtMacie is for information. Where Macie is off, AWS refuses with the words "Macie is not enabled", which is no lack of a permission.
func lookAtMacie(ctx context.Context, p *place) ([]Finding, error) {
	s, err := macie2.NewFromConfig(p.cfg).GetMacieSession(ctx, &macie2.GetMacieSessionInput{})
	var e smithy.APIError
	switch {
	case errors.As(err, &e) && (strings.Contains(e.ErrorMessage(), "Macie is not enabled") || e.ErrorCode() == "ResourceNotFoundException"):
		return []Finding{ok("Macie is off; for information")}, nil
	case notOffered(err):
		return []Finding{ok("Macie is not offered in this Region; for information")}, nil
	case err != nil:
		return nil, err
	case s.Status != macie.MacieStatusEnabled:
		return []Finding{ok("Macie is paused; for information")}, nil
	}
	return []Finding{ok("Macie is on")}, nil
}

// lookAtInspector is for information.
func lookAtInspector(ctx context.Context, p *place) ([]Finding, error) {
	out, err := inspector2.NewFromConfig(p.cfg).BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{AccountIds: []string{p.account}})
	if notOffered(err) {
		return []Finding{ok("Inspector is not offered in this Region; for information")}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, a := range out.Accounts {
		if a.State != nil && a.State.Status == inspector.StatusEnabled {
			return []Finding{ok("Inspector is on")}, nil
		}
	}
	for _, f := range out.FailedAccounts {
		return []Finding{{Status: Unknown, What: "Inspector does not say: " + string(f.ErrorCode) + " " + aws.ToString(f.ErrorMessage), Fix: "allow inspector2:BatchGetAccountStatus, or run it again"}}, nil
	}
	return []Finding{ok("Inspector is off; for information")}, nil
}

// notOffered tells whether a service has no address in a Region.
func notOffered(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
