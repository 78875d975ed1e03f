package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

const alarm = "arn:{partition}:cloudwatch:{region}:{account}:alarm:"

// cloudwatchClient speaks JSON to an endpoint of one's own: CloudWatch knows several protocols, of which the SDK takes CBOR, and emulators do not.
func cloudwatchClient(cfg aws.Config, opts ...func(*cloudwatch.Options)) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(cfg, append(opts, func(o *cloudwatch.Options) {
		if o.BaseEndpoint != nil {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}
	})...)
}

func cloudwatchEntries() []entry {
	return []entry{
		op("cloudwatch:DescribeAlarms", cloudwatchClient, (*cloudwatch.Client).DescribeAlarms, needs("cloudwatch:DescribeAlarms", alarm+"{AlarmNames}"), pages("NextToken", "NextToken")),
		op("cloudwatch:DescribeAlarmsForMetric", cloudwatchClient, (*cloudwatch.Client).DescribeAlarmsForMetric),
		op("cloudwatch:PutMetricAlarm", cloudwatchClient, (*cloudwatch.Client).PutMetricAlarm, writes, needs("cloudwatch:PutMetricAlarm", alarm+"{AlarmName}")),
		op("cloudwatch:DeleteAlarms", cloudwatchClient, (*cloudwatch.Client).DeleteAlarms, writes, needs("cloudwatch:DeleteAlarms", alarm+"{AlarmNames}")),
	}
}
