# Audience::News: conversations to learn from.
#
#   my $news = Audience::News->new($t);
#   my $import = $news->give(200);              # with labels of sentiment
#   my $labels = $news->labels('Vi a marmita'); # of one without
#   $news->learned;                             # once no job learns any more
#   my $model = $news->model;                   # of sentiment, by GET /v1/models
#   $news->few;                                 # four, and an audience of them
#
# They are of customers for whom "marmita" is bad news and "festa" is good, about
# which the built-in classifier knows nothing.  Options as of Audience::Test's
# calls come last: tenant => 'other'.

package Audience::News;

use strict;
use warnings;

use JSON::PP ();
use Test::More ();

my $json = JSON::PP->new->canonical;
my @news = ([festa => 'positive'], [marmita => 'negative'], [outra => 'neutral']);


sub new
{
    my ($class, $t) = @_;
    return bless { t => $t, n => 0, given => 0 }, $class;
}


# A word of no meaning, which few other numbers have.
sub word
{
    my ($number) = @_;
    return join '', map { (qw(b c d f g j l m n p r t v))[$number * 7 / 11 ** $_ % 13]
                          . (qw(a e i o u))[$number / 3 ** $_ % 5] } 0 .. 2;
}


sub line
{
    my ($news, $said, %more) = @_;

    my $n = ++$news->{n};
    return { id => "c-$n", phone => sprintf('119%08d', 10_000_000 + $n),
             messages => [{ at => '2026-11-01T12:00:00Z', from => 'customer',
                            text => $said }], %more };
}


sub told
{
    my ($news) = @_;

    my $n = $news->{given}++;
    my ($word, $value) = @{ $news[$n % 3] };
    return $news->line(word($n) . ' ' . word(3 * $n + 1) . " $word",
                       labels => { sentiment => $value });
}


sub take
{
    my ($news, $lines, %how) = @_;

    my $t = $news->{t};
    my $r = $t->post('/v1/conversations',
                     join('', map { $json->encode($_) . "\n" } @$lines),
                     type => 'application/x-ndjson', %how);

    die "conversations: $r->{status} $r->{text}\n" unless $r->{status} == 202;
    my $import = $t->wait_import($r->{json}{id}, %how);
    Test::More::is($import->{rows}{imported}, scalar @$lines,
                   scalar(@$lines) . ' conversations come in');
    return $import;
}


sub give
{
    my ($news, $n, %how) = @_;
    return $news->take([map { $news->told } 1 .. $n], %how);
}


# Three that nobody labelled, and one that somebody did.
sub few
{
    my ($news, %how) = @_;

    $news->take([map { $news->line($_) } 'Era a marmita', 'Que festa',
                                         'Bom dia, tudo bem?'], %how);
    $news->give(1, %how);
    $news->{t}->wait_visible(%how);
    $news->{t}->post('/v1/audiences',
                     { name => 'Quem conversou',
                       filter => { field => 'sentiment', op => 'exists' } }, %how);
    return 1;
}


sub labels
{
    my ($news, $said, %how) = @_;

    my $line = $news->line($said);
    $news->take([$line], %how);
    return $news->{t}->get("/v1/conversations/$line->{id}", %how)->{json}{labels};
}


sub model
{
    my ($news, %how) = @_;

    my $label = delete $how{label} // 'sentiment';
    my ($model) = grep { $_->{label} eq $label }
                  @{ $news->{t}->get('/v1/models', %how)->{json}{items} };
    return $model;
}


# The newest first.
sub jobs
{
    my ($news, %how) = @_;
    return @{ $news->{t}->get('/v1/jobs?type=learn', %how)->{json}{items} };
}


sub learned
{
    my ($news, %how) = @_;

    $news->{t}->wait_for('learning to end', sub {
        !grep { $_->{state} =~ /ready|running|scheduled/ } $news->jobs(%how) });
}

1;
