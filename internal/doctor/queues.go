package doctor

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	metric "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// late is when a message has waited too long: what the deployment's own alarm says.
const late = 15 * time.Minute

func (p *place) queueARN(name string) string {
	return fmt.Sprintf("arn:%s:sqs:%s:%s:%s", p.partition, p.region, p.account, name)
}

// waiting is how many messages a queue holds, and its URL, which is empty where there is none.
func (p *place) waiting(ctx context.Context, name string) (n int, address string, err error) {
	c := sqs.NewFromConfig(p.cfg)
	at, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	switch code(err) {
	case "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist":
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	address = aws.ToString(at.QueueUrl)
	out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &address, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages}})
	if err != nil {
		return 0, address, err
	}
	n, err = strconv.Atoi(out.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)])
	return n, address, err
}

// lookAtQueue looks at what waits, and for how long. The age is a metric: SQS itself does not tell it. A queue that was not used for six hours has
// none. Source: "Available CloudWatch metrics for Amazon SQS", SQS Developer Guide.
func lookAtQueue(ctx context.Context, p *place) ([]Finding, error) {
	name := p.Org.Queue()
	n, address, err := p.waiting(ctx, name)
	if err != nil {
		return nil, err
	}
	if address == "" {
		return []Finding{missing("deploy hub.json in the hub", "there is no queue %s: nothing that arrives is answered", name)}, nil
	}
	now := p.Now()
	out, err := cloudwatch.NewFromConfig(p.cfg).GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateAgeOfOldestMessage"), Dimensions: []metric.Dimension{{Name: aws.String("QueueName"), Value: &name}},
		StartTime: aws.Time(now.Add(-late)), EndTime: &now, Period: aws.Int32(300), Statistics: []metric.Statistic{metric.StatisticMaximum},
	})
	if err != nil {
		return nil, err
	}
	var last time.Time
	var age time.Duration
	for _, d := range out.Datapoints {
		if t := aws.ToTime(d.Timestamp); t.After(last) {
			last, age = t, time.Duration(aws.ToFloat64(d.Maximum))*time.Second
		}
	}
	if age > late && n > 0 {
		return []Finding{risk("see why the worker does not keep up: aws logs tail /aws/lambda/"+p.Org.FunctionName("worker")+p.regionFlag()+"; then its throttles and the event source mapping's state", "%d messages wait, the oldest for %v", n, age)}, nil
	}
	return []Finding{ok("%d messages wait", n)}, nil
}

func lookAtDeadLetters(ctx context.Context, p *place) ([]Finding, error) {
	return p.aside(ctx, p.Org.DeadLetters(), "deploy hub.json in the hub", "could not be answered",
		"; when the cause is gone: aws sqs start-message-move-task --source-arn "+p.queueARN(p.Org.DeadLetters())+p.regionFlag())
}

func lookAtForwardAside(ctx context.Context, p *place) ([]Finding, error) {
	return p.aside(ctx, p.Org.ForwardAside(), "update the StackSet of region.json for this account and Region", "could not be sent to the hub",
		"; ERROR_CODE among their attributes says why; see the hub's bus policy and the role "+p.Org.ForwardRole())
}

// aside looks at a queue that should be empty.
func (p *place) aside(ctx context.Context, name, deploy, what, then string) ([]Finding, error) {
	n, address, err := p.waiting(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case address == "":
		return []Finding{missing(deploy, "there is no queue %s: what %s is lost", name, what)}, nil
	case n > 0:
		return []Finding{risk("look at them: aws sqs receive-message --message-attribute-names All --max-number-of-messages 10 --queue-url "+address+p.regionFlag()+then, "%d events %s", n, what)}, nil
	}
	return []Finding{ok("the queue %s is empty", name)}, nil
}
