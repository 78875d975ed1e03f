package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/configservice"
)

// AWS puts an id of its own behind a recorder's name.
const recorder = "arn:{partition}:config:{region}:{account}:configuration-recorder/{ConfigurationRecorderName}/*"

func configEntries() []entry {
	return []entry{
		op("config:DescribeConfigurationRecorders", configservice.NewFromConfig, (*configservice.Client).DescribeConfigurationRecorders, needs("config:DescribeConfigurationRecorders", "arn:{partition}:config:{region}:{account}:configuration-recorder/{ConfigurationRecorderNames}/*")),
		op("config:DescribeConfigurationRecorderStatus", configservice.NewFromConfig, (*configservice.Client).DescribeConfigurationRecorderStatus, needs("config:DescribeConfigurationRecorderStatus", "arn:{partition}:config:{region}:{account}:configuration-recorder/{ConfigurationRecorderNames}/*")),
		op("config:DescribeDeliveryChannels", configservice.NewFromConfig, (*configservice.Client).DescribeDeliveryChannels),
		op("config:PutConfigurationRecorder", configservice.NewFromConfig, (*configservice.Client).PutConfigurationRecorder, writes, needs("config:PutConfigurationRecorder", "arn:{partition}:config:{region}:{account}:configuration-recorder/*"), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("config:PutDeliveryChannel", configservice.NewFromConfig, (*configservice.Client).PutDeliveryChannel, writes),
		op("config:StartConfigurationRecorder", configservice.NewFromConfig, (*configservice.Client).StartConfigurationRecorder, writes, needs("config:StartConfigurationRecorder", recorder)),
		op("config:StopConfigurationRecorder", configservice.NewFromConfig, (*configservice.Client).StopConfigurationRecorder, writes, needs("config:StopConfigurationRecorder", recorder)),
		op("config:DeleteConfigurationRecorder", configservice.NewFromConfig, (*configservice.Client).DeleteConfigurationRecorder, writes, needs("config:DeleteConfigurationRecorder", recorder)),
		op("config:DeleteDeliveryChannel", configservice.NewFromConfig, (*configservice.Client).DeleteDeliveryChannel, writes),
	}
}
