package twin

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// distribution is a distribution of CloudFront. Each version of its configuration has an ETag of its own.
type distribution struct {
	id, etag string
	config   cftypes.DistributionConfig
}

func cloudfrontHandlers(t table) {
	const service = "CloudFront"
	on(t, service, "CreateDistribution", createDistribution)
	on(t, service, "GetDistributionConfig", getDistributionConfig)
	on(t, service, "UpdateDistribution", updateDistribution)
	on(t, service, "ListDistributionsByWebACLId", listDistributionsByWebACL)
}

func createDistribution(r *request, in *cloudfront.CreateDistributionInput) (*cloudfront.CreateDistributionOutput, error) {
	d := distribution{id: "E" + r.org.keyID("")[:13], etag: "E" + r.org.keyID("")[:13], config: copied(*in.DistributionConfig)}
	r.acct.distributions = append(r.acct.distributions, d)
	return &cloudfront.CreateDistributionOutput{ETag: aws.String(d.etag), Distribution: &cftypes.Distribution{Id: aws.String(d.id), DistributionConfig: in.DistributionConfig}}, nil
}

func (r *request) distribution(id *string) (*distribution, error) {
	i := slices.IndexFunc(r.acct.distributions, func(d distribution) bool { return d.id == aws.ToString(id) })
	if i < 0 {
		return nil, &cftypes.NoSuchDistribution{Message: aws.String("The specified distribution does not exist.")}
	}
	return &r.acct.distributions[i], nil
}

func getDistributionConfig(r *request, in *cloudfront.GetDistributionConfigInput) (*cloudfront.GetDistributionConfigOutput, error) {
	d, err := r.distribution(in.Id)
	if err != nil {
		return nil, err
	}
	c := copied(d.config)
	return &cloudfront.GetDistributionConfigOutput{ETag: aws.String(d.etag), DistributionConfig: &c}, nil
}

// updateDistribution takes the configuration as a whole, and only from who knows the one that it replaces. Source: "UpdateDistribution",
// Amazon CloudFront API Reference.
func updateDistribution(r *request, in *cloudfront.UpdateDistributionInput) (*cloudfront.UpdateDistributionOutput, error) {
	d, err := r.distribution(in.Id)
	switch c := in.DistributionConfig; {
	case err != nil:
		return nil, err
	case in.IfMatch == nil:
		return nil, &cftypes.InvalidIfMatchVersion{Message: aws.String("The If-Match version is missing or not valid for the resource.")}
	case *in.IfMatch != d.etag:
		return nil, &cftypes.PreconditionFailed{Message: aws.String("The request failed because it didn't meet the preconditions in one or more request-header fields.")}
	case aws.ToString(c.CallerReference) != aws.ToString(d.config.CallerReference):
		return nil, &cftypes.IllegalUpdate{Message: aws.String("The caller reference cannot be changed.")}
	}
	d.etag, d.config = "E"+r.org.keyID("")[:13], copied(*in.DistributionConfig)
	return &cloudfront.UpdateDistributionOutput{ETag: aws.String(d.etag), Distribution: &cftypes.Distribution{Id: aws.String(d.id), DistributionConfig: in.DistributionConfig}}, nil
}

func listDistributionsByWebACL(r *request, in *cloudfront.ListDistributionsByWebACLIdInput) (*cloudfront.ListDistributionsByWebACLIdOutput, error) {
	list := &cftypes.DistributionList{Items: []cftypes.DistributionSummary{}, IsTruncated: aws.Bool(false), Marker: aws.String(""), MaxItems: aws.Int32(100)}
	for _, d := range r.acct.distributions {
		if aws.ToString(d.config.WebACLId) == *in.WebACLId {
			list.Items = append(list.Items, cftypes.DistributionSummary{Id: aws.String(d.id)})
		}
	}
	list.Quantity = aws.Int32(int32(len(list.Items)))
	return &cloudfront.ListDistributionsByWebACLIdOutput{DistributionList: list}, nil
}
