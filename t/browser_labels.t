# Labels of conversations: who gives them, learning, and labelling again.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Labels;
use Audience::LLM;
use Audience::News;
use Audience::Test;

my $llm = Audience::LLM->start(\&Audience::Labels::model);
my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my %news;


sub news { my ($tenant) = @_; $news{$tenant} ||= Audience::News->new($t) }


# Conversations that nobody labelled, and one that somebody did.
sub few
{
    my ($tenant) = @_;

    news($tenant)->take([map { $news{$tenant}->line($_) } 'Era a marmita', 'Que festa',
                                                          'Bom dia, tudo bem?'],
                        tenant => $tenant);
    news($tenant)->give(1, tenant => $tenant);
    $t->wait_visible(tenant => $tenant);
    $t->post('/v1/audiences', { name => 'Quem conversou',
                                filter => { field => 'sentiment', op => 'exists' } },
             tenant => $tenant);
    return 1;
}


# Enough of them to learn sentiments, and intentions of which there is one alone.
sub enough
{
    my ($tenant) = @_;
    my @lines = map { news($tenant)->told } 1 .. 200;

    $_->{labels}{purchaseIntention} = 'intent' for @lines;
    news($tenant)->take(\@lines, tenant => $tenant);
    news($tenant)->learned(tenant => $tenant);
    $t->wait_visible(tenant => $tenant);
    return 1;
}

tell_stories($t, 'labels', few => \&few, enough => \&enough,
             with_model => sub {
                 $t->restart_worker($llm->settings, 'llm.tokens_per_day' => $_[0]);
             });

$t->finish;
