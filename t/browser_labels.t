# Labels of conversations: who gives them, learning, and labelling again.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::News;
use Audience::Test;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my %news;


sub news { my ($tenant) = @_; $news{$tenant} ||= Audience::News->new($t) }


# Enough of them to learn sentiments, and intentions of which there is one alone.
sub enough
{
    my ($tenant) = @_;
    my $news = news($tenant);
    my @lines = map { $news->told } 1 .. 200;

    $_->{labels}{purchaseIntention} = 'intent' for @lines;
    $news->take(\@lines, tenant => $tenant);
    $news->learned(tenant => $tenant);
    $t->wait_visible(tenant => $tenant);
    return 1;
}


# Enough of them, in words that the built-in classifier knows.
sub known
{
    my ($tenant) = @_;
    my $news = news($tenant);
    my @said = (['Adorei, maravilhoso!', 'positive'], ['Odiei, péssimo!', 'negative'],
                ['Bom dia', 'neutral']);

    $news->take([map { my ($text, $value) = @{ $said[$_ % 3] };
                       $news->line("$text " . Audience::News::word($_),
                                   labels => { sentiment => $value }) } 1 .. 210],
                tenant => $tenant);
    $news->learned(tenant => $tenant);
    return 1;
}

tell_stories($t, 'labels', few => sub { news($_[0])->few(tenant => $_[0]) },
             enough => \&enough, known => \&known);

$t->finish;
