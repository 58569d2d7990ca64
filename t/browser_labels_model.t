# Labels of conversations by a language model.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Labels;
use Audience::LLM;
use Audience::News;
use Audience::Test;

my $llm = Audience::LLM->start(\&Audience::Labels::model);
my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });

tell_stories($t, 'labels_model',
             few => sub { Audience::News->new($t)->few(tenant => $_[0]) },
             with_model => sub {
                 $t->restart_worker($llm->settings, 'llm.tokens_per_day' => $_[0]);
             });

$t->finish;
